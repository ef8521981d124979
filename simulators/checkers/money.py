"""Promise: money is conserved between issuer accounts, the ledger and the terminals' slips.

Three books kept by three parties. What may differ is listed by name: manual cases of the ledger,
and what terminals never learned.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulators.checkers.approvals import unresolved
from simulators.checkers.finding import Finding
from simulators.world.history import History
from switch.core.transaction import State

PROMISE = "money is conserved between issuers, ledger and slips"


def check(history: History) -> Iterator[Finding]:
    """Yield each difference between the books."""
    yield from _issuers(history)
    yield from _slips(history)


def _issuers(history: History) -> Iterator[Finding]:
    for side in history.end.issuers:
        accounts = side.accounts
        moved = sum(movement.amount_fen for movement in accounts.movements)
        if accounts.opening_fen + moved != accounts.closing_fen:
            yield Finding(f"{side.link}: the movements do not explain the balances")
        of_link = [row for row in history.end.rows if row.record.link == side.link and row.cap]
        ledger = sum(
            row.record.amount_fen + row.record.fee_fen
            for row in of_link
            if row.state is State.APPROVED
        )
        manual = {row.record.rrn for row in of_link if row.state is State.REVERSAL_EXPIRED}
        open_debits = [debit for debit in accounts.debits.values() if not debit.is_returned]
        debited = sum(
            debit.amount_fen + debit.fee_fen for debit in open_debits if debit.rrn not in manual
        )
        if debited != ledger:
            yield Finding(f"{side.link}: accounts are down {debited} fen, the ledger has {ledger}")


def _slips(history: History) -> Iterator[Finding]:
    known = unresolved(history)
    approved = {
        (row.key.terminal, row.key.batch, row.key.stan): (
            row.record.amount_fen,
            row.record.fee_fen,
        )
        for row in history.end.rows
        if row.state is State.APPROVED and row.cap is not None
    }
    printed: dict[tuple[str, str, str], tuple[int, int]] = {}
    for memory in history.end.memories.values():
        for slip in memory.slips:
            place = (slip.terminal, slip.batch, slip.stan)
            if place in printed:
                yield Finding(f"{' '.join(place)} was printed twice")
            printed[place] = (slip.amount_fen, slip.fee_fen)
    for place, (amount_fen, fee_fen) in sorted(printed.items()):
        if approved.get(place) != (amount_fen, fee_fen):
            told = f"{' '.join(place)} of {amount_fen} fen and a fee of {fee_fen}"
            yield Finding(f"the slip {told} is not approved in the ledger")
    for place in sorted(approved.keys() - printed.keys() - known.keys()):
        yield Finding(f"{' '.join(place)} is approved in the ledger, without a slip or a question")
