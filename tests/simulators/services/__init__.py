"""Tests of `simulators.services`."""
