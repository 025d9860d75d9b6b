// The page may come from a cache: tell the server of the click in the address.
(({ url, params }) => {
  // The moment at which the server counted this landing, where the page came from the server itself.
  const [loaded] = performance.getEntriesByType("navigation");
  let counted = loaded?.serverTiming?.find(({ name }) => name == "landing")?.description;
  const tell = () => {
    const page = new URL(location);
    if (!params.split(" ").some((name) => page.searchParams.has(name))) return;
    const headers = counted ? { "X-Landing-Counted": counted } : {};
    counted = "again";
    fetch(url + page.search, { method: "POST", keepalive: true, headers }).then(({ status }) => {
      if (status != 204 || !page.searchParams.has("click_token")) return;
      page.searchParams.delete("click_token");
      history.replaceState(history.state, "", page);
    }, () => {});
  };
  addEventListener("tracking:consent", tell);
  document.prerendering ? document.addEventListener("prerenderingchange", tell, { once: true }) : tell();
})(document.currentScript.dataset);
