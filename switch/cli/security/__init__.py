"""Verbs for people at a bench: mac, pin, kcv, keys."""
