"""Tests of the verbs about fees."""
