"""Tests of switch/ledger/shared, each on a PostgreSQL of its own."""
