"""Sections of an installation's files that can be rows of the registry instead."""
