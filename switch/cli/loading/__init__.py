"""Verbs that load a host: run, find the limit, compare, work for others (switch/cli)."""
