"""Tests of switch/core/financial."""
