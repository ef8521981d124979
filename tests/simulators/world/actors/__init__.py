"""Tests of simulators/world/actors."""
