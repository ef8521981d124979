"""Terminal batches (switch/core): totals, details, and the end of a batch (DE 48)."""
