"""Tests of simulators/checkers/system."""
