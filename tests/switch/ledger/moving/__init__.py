"""Tests of switch/ledger/moving."""
