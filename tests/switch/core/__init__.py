"""Tests of the deciding core, driven by hand: events in, effects out."""
