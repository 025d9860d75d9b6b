// What the pages gain where scripts run. Everything can be bought without.

// The number of things in the cart: pages are the same for everyone, so each browser fills in its own.
function showCartCount() {
  const count = Number(/(?:^|; )cart_count=(\d+)/.exec(document.cookie)?.[1] ?? 0);
  for (const badge of document.querySelectorAll("[data-cart-count]")) {
    badge.textContent = count || "";
    badge.hidden = !count;
    badge.closest("a").setAttribute("aria-label", count ? `Cart, ${count} ${count === 1 ? "item" : "items"}` : "Cart");
  }
}

// Choosing a size or colour shows its price, and its picture first.
function showChoice(choice) {
  const price = document.querySelector("[data-price-of-choice]");
  if (price) price.textContent = choice.dataset.price;
  const picture = document.querySelector(`[data-colour="${CSS.escape(choice.dataset.colour || "")}"]:not([data-colour=""])`);
  if (!picture) return;
  picture.parentElement.prepend(picture);
  picture.parentElement.scrollTo({ left: 0 });
}

// An address without the filters that were left empty.
function leaveOutEmptyFields(event) {
  for (const field of event.target.elements) field.disabled = field.value === "" && field.name !== "q";
}

// A form is sent once, however often its button is clicked while the answer is under way.
const sent = new Set();

function sendOnce(event) {
  if (event.defaultPrevented) return;
  if (sent.has(event.target)) event.preventDefault();
  else if (event.target.matches('[method="post" i]')) sent.add(event.target);
}

document.addEventListener("submit", sendOnce);
window.addEventListener("pageshow", () => sent.clear());
window.addEventListener("pageshow", showCartCount); // also when the page comes back from the browser's memory
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-price]")) showChoice(event.target);
});
document.querySelector("[data-filters]")?.addEventListener("submit", leaveOutEmptyFields);
