"""The changes of the registry in the ledger's database, on either engine."""
