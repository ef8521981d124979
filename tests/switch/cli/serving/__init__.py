"""Tests of the verbs that run the switch."""
