"""Tests of settlement in the ledger."""
