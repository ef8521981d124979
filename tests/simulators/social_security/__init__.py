"""Tests of simulators/social_security."""
