"""From a landing to a kept click: what was clicked, and the cookie and session that keep it."""
