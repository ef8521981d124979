"""Cells of CSV files (switch/report): numbers are numbers, and nothing is run by a spreadsheet.

One rule for every file: reports, clearing files, and whatever else people open in one.
"""

from __future__ import annotations

from typing import Final

_RUN: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet takes for a formula."""


def inert(value: str | int) -> str | int:
    """Return a cell as it is written: a formula begins with a quote, a number never does."""
    if not isinstance(value, str) or not value.startswith(_RUN):
        return value
    digits = value.removeprefix("-").replace(".", "", 1)
    return value if digits.isascii() and digits.isdecimal() else f"'{value}"
