"""A process and its ledger: its lease, its numbers, what it takes over."""
