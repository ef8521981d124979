"""Conformance: a terminal or a host under test, requirement by requirement, with evidence."""
