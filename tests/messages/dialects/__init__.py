"""Tests of dialects: written form, compiled form, sub-fields, rules."""
