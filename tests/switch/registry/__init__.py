"""Tests of the registry that decides."""
