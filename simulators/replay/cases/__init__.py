"""Conformance cases and probes learned from a conversation of a trace (simulators/replay)."""
