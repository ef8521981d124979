"""Tests of what a simulated issuer is told to do wrong."""
