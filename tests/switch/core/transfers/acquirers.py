"""The cap of each acquirer by itself, as every engine must keep it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from switch.core.outcomes import CapExceeded, Opened
from switch.core.transaction import State
from switch.core.transfers.counters import withdrawal_day, withdrawal_days
from switch.ledger.protocol import Books, CapShown, Ledger
from tests.switch.core.stage import configuration
from tests.switch.ledger.making import CARD, DAY, closing, opening

_ACQUIRERS = ("99900000", "99910000")
_EACH = configuration(cap_per_acquirer=_ACQUIRERS)


class Engine(Ledger, Books, Protocol):
    """A ledger that can be read."""


def begin(engine: Engine) -> tuple[int, int]:
    """Withdraw 600 yuan over each acquirer; return the days that these count to."""
    first, second = (withdrawal_day(DAY, acquirer, _EACH) for acquirer in _ACQUIRERS)
    days = (first, second, first, second)
    outcomes = engine.submit(
        [opening(30 + stan, stan, 60_000, day=day) for stan, day in enumerate(days, start=1)]
    )
    # 1 000 yuan a card and day, at each: the second withdrawal is over neither's but its own.
    full = CapExceeded(100_000, 0, 60_000)
    assert outcomes == [Opened(0, 60_000), Opened(0, 60_000), full, full]
    engine.submit([closing(41, 1), closing(42, 2, State.DECLINED)])
    return first, second


def look(engine: Engine, fill: Callable[[], None]) -> None:
    """Check what became of both counts, and that each goes on by itself."""
    first, second = (withdrawal_day(DAY, acquirer, _EACH) for acquirer in _ACQUIRERS)
    fill()
    assert engine.caps(CARD) == [CapShown(first, 0, 60_000), CapShown(second, 0, 0)]
    (exceeded, opened) = engine.submit(
        [opening(51, 5, 40_001, day=first), opening(52, 6, 100_000, day=second)]
    )
    assert exceeded == CapExceeded(100_000, 60_000, 0)
    assert opened == Opened(0, 100_000)
    engine.submit([opening(53, 7, 40_000, day=first), closing(54, 7), closing(55, 6)])
    fill()
    found = [
        list(engine.full_days(day, day, 100_000)) for day in withdrawal_days(DAY, len(_ACQUIRERS))
    ]
    assert found == [[], [(CARD, first)], [(CARD, second)]]
