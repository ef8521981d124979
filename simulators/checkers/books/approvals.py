"""Promise: each approval of an issuer was answered as approved, or reversed and acknowledged.

An approval whose answer died with a connection or a process stands in the ledger and in the
terminal's list of unresolved withdrawals: whoever compares the books finds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simulators.accounts import Debit
from simulators.checkers.books.effects import PAID_OUT
from simulators.checkers.finding import Finding
from simulators.terminals.answers import APPROVED
from simulators.world.history import History, IssuerSide
from switch.core.operations import Row, TransactionKey
from switch.core.transaction import State

PROMISE = "each issuer approval is answered as approved, or reversed and acknowledged"


def check(history: History) -> Iterator[Finding]:
    """Yield each debit of an issuer that nobody answers for."""
    rows = {(row.record.transmission, row.record.link_stan): row for row in history.end.rows}
    answered = {told.heard.get(37) for told in history.answers() if told.heard.get(39) in APPROVED}
    known = unresolved(history)
    whole = {row.key: row for row in history.end.rows}
    for side in history.end.issuers:
        for origin, debit in side.accounts.debits.items():
            row = rows.get((origin.transmission, origin.stan))
            if row is None or row.record.link not in side.links:
                yield Finding(
                    f"{side.name} debited {debit.rrn} ({origin.stan}), which the ledger lacks"
                )
            else:
                yield from _of_row(row, debit, answered, known, whole)
        yield from _unknown_returns(side)


def _of_row(
    row: Row,
    debit: Debit,
    answered: set[str],
    known: Mapping[tuple[str, str, str], str],
    whole: Mapping[TransactionKey, Row],
) -> Iterator[Finding]:
    rrn, state = row.record.rrn, row.state
    # Of a leg, its terminal knows the transfer.
    told = whole[row.linked[0]] if len(row.linked) == 1 else row
    place = (told.key.terminal, told.key.batch, told.key.stan)
    is_awaited = told.state is State.REVERSING and told is not row
    # Of a pay-out, whoever ordered it is told by a file.
    is_awaited |= row.record.kind in PAID_OUT
    if state is State.APPROVED:
        if debit.is_returned:
            yield Finding(f"{rrn} is approved in the ledger, and the issuer gave it back", rrn=rrn)
        elif told.record.rrn not in answered and place not in known and not is_awaited:
            what = "is approved in the ledger, and no terminal was told or knows"
            yield Finding(f"{rrn} {what}", rrn=rrn)
    elif state is State.REVERSED:
        if not debit.is_returned:
            yield Finding(
                f"{rrn} is reversed in the ledger, and the issuer kept the money", rrn=rrn
            )
    elif state not in {State.REVERSAL_EXPIRED, State.ADVICE_EXPIRED}:
        yield Finding(f"{rrn} was approved by the issuer and is {state.name}", rrn=rrn)


def _unknown_returns(side: IssuerSide) -> Iterator[Finding]:
    returned = [m for m in side.accounts.movements if m.stan_of_reversal]
    twice = len(returned) - len({movement.origin for movement in returned})
    if twice:
        yield Finding(f"{side.name} gave {twice} withdrawals back twice")


def unresolved(history: History) -> dict[tuple[str, str, str], str]:
    """Return what terminals left to reconciliation: (terminal, batch, STAN) -> why."""
    return {
        (entry.terminal, entry.batch, entry.stan): entry.why
        for memory in history.end.memories.values()
        for entry in memory.unresolved
    }
