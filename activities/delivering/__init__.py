"""One message, from what policies may know of it to the ledger."""
