"""Whole ledgers: written to a file and read from one, on either engine, and checked in SQL."""
