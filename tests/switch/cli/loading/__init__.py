"""Tests of switch/cli/loading."""
