"""Tests of switch/cli/messages."""
