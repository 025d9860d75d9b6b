"""From an owed postback to a verdict: the URL, the outbox, the one door to the network, and what replies mean."""
