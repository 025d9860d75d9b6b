// Says how many rows are marked, and lets Shift mark all between two. The list works without it.
(() => {
  const boxes = [...document.querySelectorAll("input[name=chosen]")];
  const told = document.querySelector("[data-tracking-marked]");
  if (!told) return;
  let last = -1;
  const tell = () => {
    told.hidden = false;
    told.textContent = boxes.filter((box) => box.checked).length;
  };
  boxes.forEach((box, place) => {
    box.addEventListener("click", (event) => {
      if (event.shiftKey && last >= 0) {
        const [from, to] = [last, place].sort((a, b) => a - b);
        for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
      }
      last = place;
      tell();
    });
  });
  const all = document.createElement("button");
  all.type = "button";
  all.className = "button tracking-back";
  all.textContent = "Mark all on this page";
  all.addEventListener("click", () => {
    const mark = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = mark;
    tell();
  });
  told.parentElement.before(all);
  addEventListener("pageshow", tell);
})();
