// Shows new clicks and sales as they come. Without it the page works the same, after a refresh.
const region = document.getElementById("live");
const state = document.getElementById("live-state");
const EVERY = 2000; // milliseconds
let shown = null;

async function update() {
  // Not under the reader's hands: neither a button about to be pressed nor text being copied is replaced.
  const busy = region.contains(document.activeElement) || !document.getSelection().isCollapsed;
  if (document.hidden || busy) return;
  try {
    const reply = await fetch("/live");
    if (!reply.ok) throw new Error(reply.statusText);
    const fragment = await reply.text();
    if (fragment !== shown && shown !== null) region.innerHTML = fragment;
    shown = fragment;
    say("Updating by itself");
  } catch {
    say("The sandbox does not answer");
  }
}

function say(text) {
  if (state.textContent !== text) state.textContent = text;
}

setInterval(update, EVERY);
update();
