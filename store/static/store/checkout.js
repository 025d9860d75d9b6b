// Where scripts run, another country or delivery shows its fields and total at once; the button that does it goes.

const form = document.querySelector("[data-checkout]");
let latest = 0;

async function recount() {
  const own = ++latest;
  const body = new FormData(form);
  body.set("update", "1");
  body.delete("coupon"); // a code that is half typed
  const answer = await fetch(form.action, { method: "POST", body });
  if (own !== latest) return; // another change was quicker
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-checkout]");
  if (!answer.ok || !fresh) return location.reload(); // the cart changed: its page says what is wrong
  replace(fresh);
}

// Take over the new form, but keep what was typed meanwhile, and where.
function replace(fresh) {
  const focused = document.activeElement?.id;
  for (const field of form.querySelectorAll("input[id], select[id]")) {
    const twin = field.type === "radio" ? null : fresh.querySelector(`#${CSS.escape(field.id)}`);
    if (twin && twin.tagName === field.tagName) twin.value = field.value;
  }
  form.replaceChildren(...fresh.children);
  hideButton();
  if (focused) document.getElementById(focused)?.focus();
}

function hideButton() {
  for (const part of form.querySelectorAll("[data-by-hand]")) part.hidden = true;
}

hideButton();
form.addEventListener("change", (event) => {
  if (event.target.matches("#id_country, #id_region, [data-recount]")) recount();
});
