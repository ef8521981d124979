"""Replay: from a capture, a recording or a log to a repeatable, comparable run (simulators)."""
