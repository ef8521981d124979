"""`jinbao ledger` (switch/cli): a whole ledger made, moved and checked."""
