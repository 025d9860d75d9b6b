"""Proving the ledger: Aspire's own export beside the postback log, order by order. Only `applying` changes anything."""
