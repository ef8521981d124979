"""Pay-outs recorded in the ledger (switch/cli): by the running switch, or by a command.

The running switch is asked over its control socket; the command does it where no switch runs, or
where several share a database.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from switch.core.configuration import Configuration
from switch.core.social.payouts import Outcome, Payout
from switch.ledger.legs.payouts import NONCE_BYTES, record
from switch.ledger.protocol import Ledger

PAY: Final = "payouts"
"""The verb of the control socket."""
AT_ONCE: Final = 200
"""Pay-outs that are asked for in one request."""


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
    at = now_ms, secrets.token_bytes(NONCE_BYTES)
    return record(ledger, configuration, agency, payouts, at)


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
