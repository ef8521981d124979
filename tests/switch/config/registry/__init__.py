"""Tests of the storage of the registry."""
