"""Tests of the differences between the books."""
