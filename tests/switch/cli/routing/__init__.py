"""Tests of the verbs about routes."""
