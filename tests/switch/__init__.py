"""Tests of switch."""
