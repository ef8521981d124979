"""Checkers of social services and of benefits that are paid out (simulators)."""
