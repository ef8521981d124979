"""Tests of switch/steps."""
