"""Promise: a benefit is paid once, and to the fen, however often its file is delivered.

Told from the banks' accounts: no two orders of a world are of one card and amount. What was paid,
rejected or left to a person is what the ledger, and so the result file, says of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from simulators.checkers.finding import Finding
from simulators.installation import SOCIAL_HOST
from simulators.world.history import History
from switch.core.social.payouts import TERMINAL, key_of, outcome_of

PROMISE = "a benefit is paid once"


def check(history: History) -> Iterator[Finding]:
    """Yield each order that was paid twice, or otherwise than its result says."""
    end = history.end
    if not end.payouts:
        return
    credits_ = Counter(
        (booked.pan, booked.amount_fen)
        for side in end.issuers
        for booked in side.accounts.debits.values()
        if booked.terminal == TERMINAL and not booked.is_returned
    )
    rows = {row.key: row for row in end.rows if row.key.terminal == TERMINAL}
    for payout in end.payouts:
        row = rows.pop(key_of(payout, SOCIAL_HOST, history.configuration), None)
        times = credits_.pop((payout.pan, payout.amount_fen), 0)
        told = outcome_of(payout, row) if row is not None else None
        rrn = told.rrn if told is not None else ""
        if times > 1:
            yield Finding(f"payment {payout.number} was paid {times} times", rrn=rrn)
        elif told is None:
            if times:
                yield Finding(f"payment {payout.number} was paid, and is not in the ledger")
        elif told.status == "pending":
            yield Finding(f"payment {payout.number} is still pending", rrn=rrn)
        elif told.status != "manual" and times != (told.status == "paid"):
            what = "was paid" if times else "was not paid"
            yield Finding(f"payment {payout.number} {what}, and is {told.status}", rrn=rrn)
    for row in rows.values():
        yield Finding(f"{row.record.rrn} is a pay-out that nobody ordered", rrn=row.record.rrn)
    if credits_:
        yield Finding(f"{credits_.total()} credits were paid out that nobody ordered")
