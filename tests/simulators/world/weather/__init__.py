"""Faults and profiles: what may go wrong, how often, and that a seed decides it."""
