"""Clearing, reconciliation, cases and reports on the command line (switch/cli)."""
