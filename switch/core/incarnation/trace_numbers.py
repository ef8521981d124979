"""STAN and RRN from blocks leased from the ledger: unique over processes, never given twice.

A crash burns what is left of a block. The numbers themselves never start again; how many digits a
message has for them is decided here.
"""

from __future__ import annotations

from collections import deque
from typing import Final

STANS: Final = 999_999
"""DE 11 counts 000001-999999; 000000 is never used."""
RRN_NUMBERS: Final = 100_000_000
"""An RRN is the year's last digit, the day of the year and eight digits of a running number."""
BLOCK: Final = 20_000
"""Numbers leased at once: seconds of full load, so that the ledger is asked rarely."""
LOW: Final = 10_000
"""With fewer left, the next block is asked for."""


class Numbers:
    """The leased numbers of one name that are still to be given."""

    __slots__ = ("_blocks", "is_asked", "name")

    def __init__(self, name: str) -> None:
        """Begin with none."""
        self.name = name
        self.is_asked = False
        self._blocks: deque[range] = deque()

    @property
    def left(self) -> int:
        """How many can be given before the ledger must be asked."""
        return sum(map(len, self._blocks))

    @property
    def must_ask(self) -> bool:
        """Whether it is time for the next block."""
        return not self.is_asked and self.left < LOW

    def add(self, first: int, count: int) -> None:
        """Take a leased block."""
        self._blocks.append(range(first, first + count))
        self.is_asked = False

    def take(self) -> int | None:
        """Give the next number; None when the ledger has not leased any yet."""
        if not self._blocks:
            return None
        block = self._blocks[0]
        number = block[0]
        rest = block[1:]
        if rest:
            self._blocks[0] = rest
        else:
            self._blocks.popleft()
        return number


def stan_text(number: int) -> str:
    """Return DE 11 for a running number."""
    return f"{(number - 1) % STANS + 1:06d}"


def rrn_text(number: int, day: int) -> str:
    """Return DE 37 for a running number on a day (YYYYMMDD): unique for a year."""
    year, month, of_month = day // 10_000, day // 100 % 100, day % 100
    before = (0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)[month]
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    of_year = before + of_month + (is_leap and month > 2)  # noqa: PLR2004 - after February
    return f"{year % 10}{of_year:03d}{number % RRN_NUMBERS:08d}"
