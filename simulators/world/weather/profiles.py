"""Profiles (simulators/world): which kinds of faults a world may have, and when it begins.

Each kind is off in a share of the worlds; the others draw up to its most.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from simulators.world.weather.kinds import KINDS

_BY_DAY: Final = datetime(2014, 6, 18, 9, 30, tzinfo=UTC)
_MIDNIGHTS: Final = (
    datetime(2014, 6, 18, 23, 58, tzinfo=UTC),
    datetime(2014, 9, 9, 23, 57, tzinfo=UTC),
    datetime(2014, 12, 31, 23, 59, tzinfo=UTC),
    datetime(2016, 2, 28, 23, 58, 30, tzinfo=UTC),
)
"""Local times: an ordinary midnight, the raised cap, a year's end, a leap day."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What worlds of a profile are like; `off` is the share of worlds in which a kind is off."""

    words: str
    kinds: tuple[str, ...]
    off: float = 0.4
    peace: float = 0.0
    """The share of worlds with no fault at all."""
    starts: tuple[datetime, ...] = (_BY_DAY, *_MIDNIGHTS)
    days: tuple[int, ...] = (1,)
    """How many days there may be, each as likely."""
    business: tuple[str, ...] = ()
    """What is done besides in each world (of `setting.BUSINESS`); elsewhere some have some."""


def _of(*prefixes: str) -> tuple[str, ...]:
    return tuple(name for name in KINDS if name.startswith(prefixes))


_SELDOM_MORE: Final = (*[1] * 9, 3)
_CLERKS: Final = ("terminal_voids", "issuer_refuses", "key_change", "split", "merge")
PROFILES: Final[Mapping[str, Profile]] = {
    "mixed": Profile(
        words="every kind, each off in half of the worlds",
        kinds=tuple(KINDS),
        off=0.5,
        peace=0.05,
        days=_SELDOM_MORE,
    ),
    "calm": Profile(words="an ordinary day", kinds=_CLERKS, off=0.2, starts=(_BY_DAY,)),
    "storm": Profile(words="everything at once", kinds=tuple(KINDS), off=0.15, days=_SELDOM_MORE),
    "midnight": Profile(
        words="midnight, a year's end, the day when the cap is raised",
        kinds=(
            "cut_over", "clock_jump", "terminal_late", "terminal_repeats", "terminal_power",
            "issuer_late", "issuer_silent", "crash", "reconfigure", "ledger_slow", *_CLERKS,
        ),
        starts=_MIDNIGHTS,
    ),
    "lines": Profile(
        words="cut, stuck, half-closed and slow lines, frames in pieces",
        kinds=(
            "cut_terminal", "cut_link", "straggle", "half_close", "stuck", "outage", "delay",
            "duplicate", "overtake", "split", "merge", "terminal_early",
        ),
    ),
    "ledger": Profile(
        words="slow and lost commits, deaths, frozen processes, two switches on one ledger",
        kinds=(
            "crash", "power_cut", "freeze", "drain", "two_switches", "ledger_unknown",
            "ledger_slow", "issuer_silent", "terminal_repeats",
        ),
    ),
    "banks": Profile(
        words="issuers that are late, silent, confused or change keys",
        kinds=(*_of("issuer_"), "key_change", "cut_over", "outage", "cut_link"),
    ),
    "counters": Profile(
        words="terminals that repeat, reverse early or never, and lose power",
        kinds=(*_of("terminal_"), "cut_terminal", "half_close", "issuer_silent"),
    ),
    "days": Profile(
        words="days that are settled one by one, and terminals that sleep over what they owe",
        kinds=(
            "terminal_sleeps", "terminal_late", "terminal_never", "terminal_power",
            "issuer_silent", "issuer_late", "crash", "cut_terminal", "duplicate", *_CLERKS,
        ),
        days=(2, 3),
    ),
    "services": Profile(
        words="every kind, with social services, pay-outs, transfers and products in each world",
        kinds=tuple(KINDS),
        off=0.5,
        business=("transfers", "social", "payouts", "products"),
    ),
    "stages": Profile(
        words="midnights at which stages open and close, cards of other kinds, reloads",
        kinds=(
            "reload", "clock_jump", "duplicate", "overtake", "cut_terminal", "crash", "freeze",
            "two_switches", "terminal_repeats", "terminal_late", "terminal_power", "issuer_late",
            "issuer_silent", "reconfigure", *_CLERKS,
        ),
        starts=_MIDNIGHTS,
        business=("transfers", "stages"),
    ),
    "remittances": Profile(
        words="cash remitted and money transferred, to few people, around the day it is open from",
        kinds=(
            *_of("terminal_"), *_of("issuer_"), "cut_terminal", "duplicate", "overtake", "crash",
            "two_switches", "ledger_unknown", "ledger_slow", "clock_jump", "key_change", "split",
        ),
        off=0.5,
        starts=_MIDNIGHTS[1:],
        business=("transfers", "remittances"),
    ),
}  # fmt: skip
"""Every profile by its name on the command line."""
