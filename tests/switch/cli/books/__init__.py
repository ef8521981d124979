"""Tests of the verbs that read and settle the ledger."""
