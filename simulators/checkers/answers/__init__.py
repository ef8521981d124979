"""Checkers of what was answered and reversed (simulators)."""
