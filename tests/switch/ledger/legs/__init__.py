"""Tests of switch/ledger/legs."""
