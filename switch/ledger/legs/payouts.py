"""Pay-outs recorded in a ledger (switch/ledger/legs): once each, however often they are asked for.

Several batches, one after another, and whoever does it may die between any two of them: what is
recorded is found by its payment number when the file is taken again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from switch.core.configuration import Configuration
from switch.core.incarnation.trace_numbers import rrn_text, stan_text
from switch.core.moment import local
from switch.core.operations import (
    ATTEMPT_BITS,
    Enlist,
    FindOriginal,
    LeaseNumbers,
    Operation,
    Row,
    TransactionKey,
)
from switch.core.outcomes import Enlisted, Found, NumbersLeased, Outcome
from switch.core.social import payouts as core
from switch.core.social.payouts import Numbers, Payout

NONCE_BYTES: Final = 16
"""Drawn by whoever records: it makes an incarnation of its own."""
_UNSURE: Final = "the ledger cannot say whether it took the pay-outs: run it again"


class Submits(Protocol):
    """A ledger, as far as it is needed here."""

    def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        """Decide a batch in order, and make it durable."""


def record(
    ledger: Submits,
    configuration: Configuration,
    agency: str,
    payouts: Sequence[Payout],
    at: tuple[int, bytes],
) -> dict[str, core.Outcome]:
    """Record what is not recorded yet, and return how each pay-out stands; ValueError says why not.

    `at` is the time in UTC milliseconds, and a nonce. A fund that is not open refuses everything,
    and nothing is recorded then.
    """
    now_ms, nonce = at
    here = local(now_ms)
    for code in sorted({payout.fund for payout in payouts}):
        fund = configuration.funds.get(code)
        if fund is None:
            raise ValueError(f"no fund {code} is known")
        if why := core.is_fund_open(fund, configuration, agency, here.day):
            raise ValueError(why)
    rows = _rows(ledger, configuration, agency, payouts)
    fresh = [payout for payout in payouts if payout.number not in rows]
    if fresh:
        made: list[Operation] = []
        given = _numbers(ledger, len(fresh), (now_ms, nonce), here.day)
        for payout, numbers in zip(fresh, given, strict=True):
            made += core.operations(payout, configuration, agency, numbers, (here, now_ms))
        ledger.submit(made)
        rows = _rows(ledger, configuration, agency, payouts)
    return {payout.number: core.outcome_of(payout, rows[payout.number]) for payout in payouts}


def _rows(
    ledger: Submits, configuration: Configuration, agency: str, payouts: Sequence[Payout]
) -> dict[str, Row]:
    keys = {payout.number: (core.key_of(payout, agency, configuration),) for payout in payouts}
    rows = _found(ledger, keys)
    missing = {
        payout.number: core.earlier_keys(payout, agency, configuration)
        for payout in payouts
        if payout.number not in rows
    }
    return rows | _found(ledger, missing) if missing else rows


def _found(ledger: Submits, keys: Mapping[str, tuple[TransactionKey, ...]]) -> dict[str, Row]:
    """Return what is recorded, by payment number, under any of its keys."""
    asked = [(number, key) for number, each in keys.items() for key in each]
    outcomes = ledger.submit([FindOriginal(0, key) for _, key in asked])
    return {
        number: outcome.row
        for (number, _), outcome in zip(asked, outcomes, strict=True)
        if isinstance(outcome, Found)
    }


def _numbers(ledger: Submits, count: int, at: tuple[int, bytes], day: int) -> list[Numbers]:
    """Return attempts of an incarnation of its own, and numbers that nobody else ever gets.

    It never had a lease: what it queues is for any switch to send.
    """
    now_ms, nonce = at
    (enlisted,) = ledger.submit([Enlist(1, nonce, now_ms, 0)])
    if not isinstance(enlisted, Enlisted):
        raise ValueError(_UNSURE)  # noqa: TRY004 - no wrong type was given
    first = enlisted.incarnation << ATTEMPT_BITS
    leases = [LeaseNumbers(first | (n + 1), name, count) for n, name in enumerate(("stan", "rrn"))]
    stans, rrns = ledger.submit(leases)
    if not isinstance(stans, NumbersLeased) or not isinstance(rrns, NumbersLeased):
        raise ValueError(_UNSURE)  # noqa: TRY004 - no wrong type was given
    return [
        Numbers(
            first | (10 + 2 * n),
            first | (11 + 2 * n),
            stan_text(stans.first + n),
            rrn_text(rrns.first + n, day),
        )
        for n in range(count)
    ]
