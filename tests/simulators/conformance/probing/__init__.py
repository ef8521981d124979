"""Tests of the acquirer role."""
