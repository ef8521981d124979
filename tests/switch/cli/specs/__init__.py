"""Tests of switch/cli/specs."""
