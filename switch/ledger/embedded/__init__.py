"""The parts of the embedded ledger (switch/ledger): log, tables, and what is kept in memory."""
