"""Tests of switch/cli."""
