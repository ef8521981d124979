"""The world on virtual time: its agenda, its lines, its faults, and that a seed decides all of it.

Small worlds run here; many of them are run by `make test` as a part of their own.
"""
