"""Tests of switch/core/terminals."""
