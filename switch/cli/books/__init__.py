"""The verbs that read the ledger for people, and settle what a person must settle."""
