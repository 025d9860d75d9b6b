// Buttons that put a text into the clipboard. Without a script the text can be marked, and there is no button.
(() => {
  const copy = async (source) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(source.textContent);
    getSelection().selectAllChildren(source); // on plain http there is no clipboard to ask
    if (!document.execCommand("copy")) throw new Error("refused");
  };
  for (const button of document.querySelectorAll("[data-tracking-copy]")) {
    const source = document.getElementById(button.dataset.trackingCopy);
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await copy(source).then(() => (button.textContent = "Copied"), () => getSelection().selectAllChildren(source));
      setTimeout(() => (button.textContent = label), 2000);
    });
  }
})();
