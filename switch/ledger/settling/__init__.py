"""Settlement in the ledger (switch/ledger): terminal batches, and what is kept of clearing."""
