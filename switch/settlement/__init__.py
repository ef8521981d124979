"""Settlement: clearing, reconciliation, cases and the figures of reports, over a ledger's books."""
