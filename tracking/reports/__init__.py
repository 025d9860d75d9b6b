"""Reading the ledger: what happened to an order and what it adds up to. Nothing here changes a row."""
