"""Tests of the verbs of the registry."""
