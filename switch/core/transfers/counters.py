"""Counters per card and day beside that of withdrawals (switch/core): where an amount counts to.

All counters share the ledger's days of cards. Each has two thousand years to itself: those of
withdrawals are as they are, the others follow. Where withdrawals are counted per acquirer, each
acquirer has a century of them, by its place in the configuration.
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
_CENTURY: Final = 100_0000
MOST_ACQUIRERS: Final = _YEARS // _CENTURY - 1
"""How many acquirers can have a count of their own: the first century is that of them all."""


def counted_day(day: int, counter: str) -> int:
    """Return the day that a counter has for a day YYYYMMDD."""
    return day + COUNTERS.index(counter) * _YEARS


def told_day(counted: int) -> tuple[int, str]:
    """Return the day YYYYMMDD and the counter of a day of the ledger."""
    number = counted // _YEARS - 1
    if not 0 <= number < len(COUNTERS):
        return counted, WITHDRAWALS
    return counted - number * _YEARS - told_place(counted) * _CENTURY, COUNTERS[number]


def told_place(counted: int) -> int:
    """Return whose count a day of the ledger is: an acquirer's place from 1 on, 0 for all."""
    return counted % _YEARS // _CENTURY


def withdrawal_days(day: int, acquirers: int) -> list[int]:
    """Return the days of the ledger that withdrawals of a day may count to."""
    return [day + place * _CENTURY for place in range(acquirers + 1)]


def withdrawal_day(day: int, acquirer: str, configuration: Configuration) -> int:
    """Return the day that a withdrawal over an acquirer counts to: its own, or that of them all."""
    counted_for = configuration.cap_per_acquirer
    return day + (counted_for.index(acquirer) + 1) * _CENTURY if acquirer in counted_for else day


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
