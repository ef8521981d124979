"""What the new run answered against what was recorded (simulators/replay)."""
