"""Tests of the rooms of a simulated terminal."""
