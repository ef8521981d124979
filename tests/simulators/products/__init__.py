"""Tests of `simulators.products`."""
