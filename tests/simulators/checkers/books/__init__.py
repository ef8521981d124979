"""Tests of simulators/checkers/books."""
