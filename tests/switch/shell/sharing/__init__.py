"""Tests of switch/shell/sharing."""
