"""Counters per card and day beside that of withdrawals (switch/core): where an amount counts to.

All counters share the ledger's days of cards. Each has two thousand years to itself: those of
withdrawals are as they are, the others follow.
"""

from __future__ import annotations

from typing import Final

from messages.reasons import Reason
from switch.core.configuration import WITHDRAWALS, Configuration
from switch.core.operations import CapCheck
from switch.core.rules import Decline, Rule

COUNTERS: Final = (WITHDRAWALS, "transfer", "remittance")
"""The names that `caps.toml` knows, in the order of their years."""
_YEARS: Final = 2_000_0000


def counted_day(day: int, counter: str) -> int:
    """Return the day that a counter has for a day YYYYMMDD."""
    return day + COUNTERS.index(counter) * _YEARS


def told_day(counted: int) -> tuple[int, str]:
    """Return the day YYYYMMDD and the counter of a day of the ledger."""
    number = counted // _YEARS - 1
    if not 0 <= number < len(COUNTERS):
        return counted, WITHDRAWALS
    return counted - number * _YEARS, COUNTERS[number]


def check_of(counter: str, day: int, configuration: Configuration) -> CapCheck | Decline | None:
    """Return what an amount is held against: None where nothing limits this counter.

    A counter whose first limit is still to come is not open yet.
    """
    if not counter or not any(cap.counter == counter for cap in configuration.caps):
        return None
    cap = configuration.cap_on(day, counter)
    if cap is None:
        return Decline(Reason.SERVICE_NOT_OPEN, Rule.COUNTER_ROOM)
    return CapCheck(counted_day(day, counter), cap.limit_fen)
