"""Verbs about messages: decode, encode, diff, demo."""
