"""Tests of terminal batches."""
