"""For machines: is the shop's tracking in order (`health`), and figures for Prometheus (`metrics`)."""
