"""The parts of the ledger on PostgreSQL, which several processes share."""
