"""Tests of messages.fast."""
