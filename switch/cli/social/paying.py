"""Pay-outs recorded in the ledger (switch/cli): once each, however often they are asked for.

Carried out by whoever holds the ledger for writing: the running switch, asked over its control
socket, or this command where no switch runs or several share a database.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

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
)
from switch.core.outcomes import Enlisted, Found, NumbersLeased
from switch.core.social.payouts import (
    Numbers,
    Outcome,
    Payout,
    is_fund_open,
    key_of,
    operations,
    outcome_of,
)
from switch.ledger.protocol import Ledger

PAY: Final = "payouts"
"""The verb of the control socket."""
AT_ONCE: Final = 200
"""Pay-outs that are asked for in one request."""
_NONCE_BYTES: Final = 16
_UNSURE: Final = "the ledger cannot say whether it took the pay-outs: run it again"


def pay(
    ledger: Ledger,
    configuration: Configuration,
    agency: str,
    payouts: Sequence[Payout],
    now_ms: int,
) -> dict[str, Outcome]:
    """Record what is not recorded yet, and return how each pay-out stands; ValueError says why not.

    A fund that is not open refuses everything, and nothing is recorded then.
    """
    at = local(now_ms)
    for code in sorted({payout.fund for payout in payouts}):
        fund = configuration.funds.get(code)
        if fund is None:
            raise ValueError(f"no fund {code} is known")
        if why := is_fund_open(fund, configuration, agency, at.day):
            raise ValueError(why)
    rows = _rows(ledger, configuration, agency, payouts)
    fresh = [payout for payout in payouts if payout.number not in rows]
    if fresh:
        made: list[Operation] = []
        given = _numbers(ledger, len(fresh), now_ms, at.day)
        for payout, numbers in zip(fresh, given, strict=True):
            made += operations(payout, configuration, agency, numbers, (at, now_ms))
        ledger.submit(made)
        rows = _rows(ledger, configuration, agency, payouts)
    return {payout.number: outcome_of(payout, rows[payout.number]) for payout in payouts}


def _rows(
    ledger: Ledger, configuration: Configuration, agency: str, payouts: Sequence[Payout]
) -> dict[str, Row]:
    asked = [FindOriginal(0, key_of(payout, agency, configuration)) for payout in payouts]
    outcomes = ledger.submit(asked)
    return {
        payout.number: outcome.row
        for payout, outcome in zip(payouts, outcomes, strict=True)
        if isinstance(outcome, Found)
    }


def _numbers(ledger: Ledger, count: int, now_ms: int, day: int) -> list[Numbers]:
    """Return attempts of an incarnation of its own, and numbers that nobody else ever gets.

    It never had a lease: what it queues is for any switch to send.
    """
    nonce = secrets.token_bytes(_NONCE_BYTES)
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


def payout_verb(
    ledger: Ledger, current: Callable[[], Configuration], now_ms: Callable[[], int]
) -> dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
    """Return paying as a verb of a running switch's control socket."""

    def asked(request: Mapping[str, Any]) -> dict[str, Any]:
        payouts = [
            Payout(str(number), str(pan), int(fen), str(fund))
            for number, pan, fen, fund in request.get("payouts", [])
        ]
        if len(payouts) > AT_ONCE:
            raise ValueError(f"at most {AT_ONCE} pay-outs are taken at once")
        told = pay(ledger, current(), str(request.get("agency", "")), payouts, now_ms())
        return {"outcomes": {number: list(outcome) for number, outcome in told.items()}}

    return {PAY: asked}
