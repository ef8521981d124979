"""Tests of reports on the command line."""
