"""Checkers of the switch as a whole: secrets, stops, and coming to rest (simulators)."""
