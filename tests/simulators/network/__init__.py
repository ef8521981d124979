"""Tests of networks between two parties."""
