"""Scenarios of settlement, over days."""
