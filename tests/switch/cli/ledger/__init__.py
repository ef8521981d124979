"""Tests of switch/cli/ledger."""
