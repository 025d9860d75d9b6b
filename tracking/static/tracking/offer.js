// An offer's page: says while one types how the URL is understood, and looks again at the checklist.
// Without a script saving says the same, and reloading looks again.
(() => {
  const hook = document.querySelector("[data-tracking-understand]");
  const form = hook && hook.form;
  let shown = document.querySelector(".tracking-preview");
  if (form && shown && form.elements.postback_url) {
    const fields = form.elements;
    let waits, asked = 0;
    const suggest = ({ offer_id, protocol }) => {
      if (fields.offer_id && !fields.offer_id.value && offer_id) fields.offer_id.value = offer_id;
      if (protocol && fields.protocol && !fields.protocol.dataset.chosen) fields.protocol.value = protocol;
    };
    const ask = async (isPaste) => {
      const number = ++asked;
      const reply = await fetch(hook.dataset.trackingUnderstand, { method: "POST", body: new FormData(form) }).catch(() => null);
      if (!reply || !reply.ok || number != asked) return;
      const answer = await reply.json();
      if (isPaste) {
        const before = fields.offer_id?.value + fields.protocol?.value;
        suggest(answer);
        if (before != fields.offer_id?.value + fields.protocol?.value) return ask(false);
      }
      const holder = document.createElement("template");
      holder.innerHTML = answer.html; // our own template, escaped there
      const next = holder.content.querySelector(".tracking-preview");
      shown.replaceChildren(...next.childNodes);
    };
    form.addEventListener("input", (event) => {
      if (event.target == fields.protocol) fields.protocol.dataset.chosen = "yes";
      clearTimeout(waits);
      waits = setTimeout(() => ask(event.target == fields.postback_url), 250);
    });
  }

  const list = document.querySelector("[data-tracking-again]");
  let left = 120;
  const look = async () => {
    if (!list || left-- <= 0 || list.querySelector(".tracking-checklist--complete")) return;
    if (!document.hidden) {
      const reply = await fetch(list.dataset.trackingAgain).catch(() => null);
      const text = reply && reply.ok && !reply.redirected ? await reply.text() : "";
      if (text && text.trim() != list.innerHTML.trim()) list.innerHTML = text;
    }
    setTimeout(look, 5000);
  };
  setTimeout(look, 5000);
})();
