"""A trace sent again: rules, rewriting, the run (simulators/replay)."""
