"""Captures and logs turned into frames, and frames into captures (simulators/replay)."""
