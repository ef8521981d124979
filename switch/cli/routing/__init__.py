"""Verbs about routes and the lines that they go over."""
