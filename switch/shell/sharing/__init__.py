"""Several processes on one ledger: their batches, their clocks, and who watches over them."""
