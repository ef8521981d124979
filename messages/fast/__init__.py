"""Straight-line Python, generated from dialect data, for what happens to every message."""
