"""Tests of the cases that a trace teaches."""
