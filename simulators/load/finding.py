"""Finds the highest rate that keeps the thresholds (simulators/load): a search without I/O.

It doubles the rate until a run fails, halves the gap until it is small, and then confirms: a rate
counts only when it passes again and again.
"""

from __future__ import annotations

from typing import Final

import msgspec

_GROWTH: Final = 2.0
_STEP_BACK: Final = 0.93
MOST_RUNS: Final = 40


class Tried(msgspec.Struct, frozen=True):
    """One run: its rate, whether it passed, and what gave way where it did not."""

    rate: float
    passed: bool
    why: str = ""
    is_confirmation: bool = False


class Search:
    """Asks for rates with `next_rate` and is told with `tell` how each went."""

    def __init__(
        self, first: float, *, most: float, precision: float = 0.05, confirmations: int = 2
    ) -> None:
        """Begin at `first`; never ask for more than `most`."""
        self.tried: list[Tried] = []
        self._low = 0.0
        self._high: float | None = None
        self._first = first
        self._most = most
        self._precision = precision
        self._wanted = confirmations
        self._confirmed = 0

    @property
    def edge(self) -> float:
        """The highest rate that passed and was confirmed so far, 0 for none."""
        return self._low

    @property
    def is_bounded(self) -> bool:
        """Whether a rate was seen to fail: else the edge lies above."""
        return self._high is not None

    def next_rate(self) -> float | None:
        """Return the rate of the next run, None when the edge is known."""
        if len(self.tried) >= MOST_RUNS:
            return None
        if self._high is None:
            if self._low >= self._most:
                return self._confirmation()
            return min(self._most, self._low * _GROWTH or self._first)
        if self._low and self._high / self._low <= 1 + self._precision:
            return self._confirmation()
        if not self._low and self._high < self._first / 64:
            return None
        return (self._low + self._high) / 2 if self._low else self._high / _GROWTH

    def _confirmation(self) -> float | None:
        return self._low if self._confirmed < self._wanted and self._low else None

    def tell(self, rate: float, why: str) -> None:
        """Take what gave way in the run at a rate, empty for nothing."""
        is_confirmation = rate == self._low
        self.tried.append(Tried(rate, not why, why, is_confirmation))
        if is_confirmation and not why:
            self._confirmed += 1
        elif is_confirmation:
            # It passed by luck: the edge is below.
            self._high, self._low, self._confirmed = rate, self._below(rate), 0
        elif why:
            self._high = rate if self._high is None else min(self._high, rate)
        else:
            self._low, self._confirmed = rate, 0

    def _below(self, rate: float) -> float:
        """Return the highest rate that passed below one that cannot be relied on."""
        failed = min((each.rate for each in self.tried if not each.passed), default=rate)
        passed = [each.rate for each in self.tried if each.passed and each.rate < failed]
        best = max(passed, default=0.0)
        return best if best > rate * _STEP_BACK / _GROWTH else 0.0

    def gave_way(self) -> str:
        """Return what gave way at the lowest rate that failed."""
        failed = [each for each in self.tried if not each.passed]
        return min(failed, key=lambda each: each.rate).why if failed else ""
