"""Tests of sections of files that are rows of the registry."""
