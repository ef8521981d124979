"""Tests of the fees room."""
