"""The durable state (switch/ledger): one pure decision, and the stores that it is decided over."""
