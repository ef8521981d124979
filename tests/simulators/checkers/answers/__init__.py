"""Tests of simulators/checkers/answers."""
