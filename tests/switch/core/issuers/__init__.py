"""Tests of switch/core/issuers."""
