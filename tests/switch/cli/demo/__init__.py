"""Tests of the demo: its parts, and that its checks can fail."""
