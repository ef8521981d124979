"""Checkers of what the books say: cap, holds, fees, approvals, money (simulators)."""
