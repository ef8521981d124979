"""Tests of simulators/load/scenario."""
