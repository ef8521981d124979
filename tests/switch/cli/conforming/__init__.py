"""Tests of `jinbao conform`."""
