"""Decisions about second legs: what must follow a debit in the same commit (switch/ledger)."""
