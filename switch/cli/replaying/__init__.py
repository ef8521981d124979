"""Verbs about traces and replay (switch/cli)."""
