"""Tests of simulators/load."""
