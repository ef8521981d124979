"""Tests of switch/cli/social."""
