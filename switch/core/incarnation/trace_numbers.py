"""STAN and RRN from blocks leased from the ledger: unique over processes, never given twice.

A crash burns what is left of a block. The numbers themselves never start again; how many digits a
message has for them is decided here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from switch.core.errors import InvariantBroken

STANS: Final = 999_999
"""DE 11 counts 000001-999999; 000000 is never used."""
RRN_NUMBERS: Final = 100_000_000
"""An RRN is the year's last digit, the day of the year and eight digits of a running number."""
BLOCK: Final = 20_000
"""Numbers leased at once: seconds of full load, so that the ledger is asked rarely."""
LOW: Final = 10_000
"""With fewer free, the next block is asked for."""


class Numbers:
    """The leased numbers of one name that are still to be given.

    Some are promised: every transaction in flight may need one for its reversal, whatever the
    ledger does by then.
    """

    __slots__ = ("_blocks", "_end", "_next", "ask", "is_asked", "left", "name", "promised")

    def __init__(self, name: str) -> None:
        """Begin with none; `ask` is called when it is time for the next block."""
        self.name = name
        self.ask: Callable[[Numbers], None] | None = None
        self.is_asked = False
        self.left = 0
        """How many can be given before the ledger must be asked, promised ones included."""
        self.promised = 0
        self._next = self._end = 0
        self._blocks: deque[tuple[int, int]] = deque()

    @property
    def free(self) -> int:
        """How many can be given to whom none was promised."""
        return self.left - self.promised

    def add(self, first: int, count: int) -> None:
        """Take a leased block."""
        self._blocks.append((first, first + count))
        self.left += count
        self.is_asked = False
        self._ask_if_low()

    def take(self) -> int | None:
        """Give the next number; None when only promised ones are left."""
        if self.left <= self.promised:
            self._ask_if_low()
            return None
        number = self._next
        if number == self._end or self.left - self.promised <= LOW:
            return self._give()
        self._next = number + 1
        self.left -= 1
        return number

    def promise(self) -> None:
        """Keep a number for a later `redeem`."""
        self.promised += 1

    def release(self) -> None:
        """Give a promise back: its number is not needed."""
        self.promised -= 1

    def redeem(self) -> int:
        """Give a number that was promised. Raises InvariantBroken where none was."""
        if not self.promised or not self.left:
            raise InvariantBroken("no number was promised")
        self.promised -= 1
        return self._give()

    def _give(self) -> int:
        if self._next == self._end:
            self._next, self._end = self._blocks.popleft()
        number = self._next
        self._next = number + 1
        self.left -= 1
        self._ask_if_low()
        return number

    def _ask_if_low(self) -> None:
        if self.left - self.promised < LOW and not self.is_asked and self.ask is not None:
            self.is_asked = True
            self.ask(self)


def stan_text(number: int) -> str:
    """Return DE 11 for a running number."""
    return f"{(number - 1) % STANS + 1:06d}"


def rrn_text(number: int, day: int) -> str:
    """Return DE 37 for a running number on a day (YYYYMMDD): unique for a year."""
    return f"{_rrn_day(day)}{number % RRN_NUMBERS:08d}"


@lru_cache(maxsize=16)
def _rrn_day(day: int) -> str:
    """Return the last digit of the year and the day of the year."""
    year, month, of_month = day // 10_000, day // 100 % 100, day % 100
    before = (0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)[month]
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    of_year = before + of_month + (is_leap and month > 2)  # noqa: PLR2004 - after February
    return f"{year % 10}{of_year:03d}"
