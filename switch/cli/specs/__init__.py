"""Verbs about dialect files: list, show, check, diff."""
