"""Tests of switch/cli/security."""
