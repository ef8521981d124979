"""Verbs that simulate: seeded worlds, an issuer's host, a terminal (switch/cli)."""
