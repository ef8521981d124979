"""Tests of switch/core/incarnation."""
