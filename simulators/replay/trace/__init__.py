"""Traces: the format, reading and writing, what stands in one (simulators/replay)."""
