"""Tests of simulators/load/measuring."""
