"""Tests of the verbs that simulate."""
