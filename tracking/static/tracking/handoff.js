// Adds a fresh token to links and forms that lead to another of the shop's domains, at the moment they are used.
(({ url, domains }) => {
  const PARAM = "click_token", FRESH = 60000; // ms; the server takes a token for five minutes
  const names = domains.split(" ");
  const domainOf = (host) =>
    names.filter((name) => host == name || host.endsWith("." + name)).sort((a, b) => b.length - a.length)[0];
  const here = domainOf(location.hostname);
  let token = "", asked, answeredAt = 0, askedAt = 0;

  const isFresh = () => Date.now() - answeredAt < FRESH;
  const refresh = () => {
    if (!isFresh() && (!asked || Date.now() - askedAt > 5000)) {
      askedAt = Date.now();
      asked = fetch(url, { method: "POST" })
        .then((reply) => (reply.status == 200 ? reply.text() : ""))
        .catch(() => "")
        .then((text) => { token = text; answeredAt = Date.now(); asked = null; });
    }
    return asked || Promise.resolve();
  };

  const address = (element, submitter) => {
    const form = element.tagName == "FORM";
    const text = form
      ? (submitter && submitter.getAttribute("formaction")) || element.getAttribute("action")
      : element.getAttribute("href");
    try { return new URL(text, document.baseURI); } catch { return null; }
  };
  const leads = (to) => to && /^https?:$/.test(to.protocol) && domainOf(to.hostname) && domainOf(to.hostname) != here;
  const isGet = (form, submitter) =>
    ((submitter && submitter.getAttribute("formmethod")) || form.getAttribute("method") || "get").toLowerCase() == "get";

  const decorate = (element, to, submitter) => {
    if (!token) return;
    to.searchParams.set(PARAM, token);
    if (element.tagName != "FORM") element.href = to.href;
    else if (isGet(element, submitter)) {
      let field = element.querySelector(`input[name="${PARAM}"]`);
      if (!field) {
        field = document.createElement("input");
        field.type = "hidden";
        field.name = PARAM;
        element.append(field);
      }
      field.value = token;
    } else if (submitter && submitter.hasAttribute("formaction")) submitter.setAttribute("formaction", to.href);
    else element.setAttribute("action", to.href);
  };

  const used = (event) => event.target.closest && event.target.closest("a[href], area[href], form");
  const near = (event) => {
    const element = used(event);
    if (element && leads(address(element))) refresh();
  };
  const follow = (event) => {
    const link = event.target.closest && event.target.closest("a[href], area[href]");
    const to = link && address(link);
    if (!leads(to)) return;
    const isPlain = event.type == "click" && !(event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
      && (!link.target || link.target == "_self") && !link.hasAttribute("download");
    if (isFresh() || !isPlain) return decorate(link, to);
    event.preventDefault();
    refresh().then(() => { decorate(link, to); location.assign(to); });
  };
  const submit = (event) => {
    const form = event.target, submitter = event.submitter, to = address(form, submitter);
    if (!leads(to)) return;
    if (isFresh()) return decorate(form, to, submitter);
    event.preventDefault();
    event.stopImmediatePropagation(); // the page's own listeners get the one that sends, not two
    refresh().then(() => form.requestSubmit(submitter));
  };

  for (const type of ["pointerover", "pointerdown", "focusin", "touchstart"]) {
    document.addEventListener(type, near, { capture: true, passive: true });
  }
  for (const type of ["click", "auxclick", "contextmenu"]) document.addEventListener(type, follow, true);
  document.addEventListener("submit", submit, true);
})(document.currentScript.dataset);
