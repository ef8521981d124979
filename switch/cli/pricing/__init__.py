"""Verbs about fees."""
