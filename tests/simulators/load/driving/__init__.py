"""Tests of simulators/load/driving."""
