"""Tests of the registry's changes in the ledger's database."""
