"""Tests of settlement on the command line."""
