"""Dialects: their written form, their compiled form, sub-fields, rules and detection."""
