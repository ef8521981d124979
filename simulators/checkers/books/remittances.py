"""Promise: cash that a counter took in is what its settlement card paid, and nothing else of it is.

Told from the slips and the banks' books alone: of each point's settlement card, all that was
debited and not given back, with fees. Where a person has to look at a leg, both sides leave it out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from simulators.checkers.books.approvals import unresolved
from simulators.checkers.finding import Finding
from simulators.terminal_memory import Kind
from simulators.world.history import History
from switch.core.operations import Row
from switch.core.transaction import State
from switch.core.transfers.legs import is_transfer

PROMISE = "cash that a counter took in is what its settlement card paid"
REMITTANCE: Final = "cash_remittance"
_MANUAL: Final = frozenset({State.REVERSAL_EXPIRED, State.ADVICE_EXPIRED})
Place = tuple[str, str, str]


def check(history: History) -> Iterator[Finding]:
    """Yield each counter whose cash is not what its settlement card paid."""
    configuration = history.configuration
    cards = {t.settlement_card: t.id for t in configuration.terminals.values() if t.settlement_card}
    if not cards:
        return
    paid: Counter[str] = Counter()
    by_rrn: dict[str, Counter[str]] = defaultdict(Counter)
    to_be_seen, places = _to_be_seen(history), set[Place]()
    for side in history.end.issuers:
        for origin, debit in side.accounts.debits.items():
            place = to_be_seen.get((origin.transmission, origin.stan))
            terminal = cards.get(configuration.vault.card_hash(debit.pan))
            if place is not None:
                places.add(place)
            elif terminal is not None and not debit.is_returned:
                paid[terminal] -= debit.effect_fen
                by_rrn[terminal][debit.rrn] -= debit.effect_fen
    taken = _taken(history, places)
    for terminal in sorted(cards.values()):
        if paid[terminal] != taken[terminal]:
            what = f"the card of {terminal} paid {paid[terminal]} fen, {taken[terminal]} came in"
            yield Finding(what, rrn=_first_apart(history, terminal, by_rrn[terminal], places))


def _first_apart(history: History, terminal: str, paid: Counter[str], besides: set[Place]) -> str:
    """Return the RRN of the first remittance, or debit, whose sides differ, empty for none.

    What a person has to look at, or a terminal lists as unknown, is not looked for here.
    """
    rows = {row.key: row.record for row in history.end.rows}
    remitted = [row for row in history.end.rows if row.record.kind == REMITTANCE]
    named = {rows[key].rrn: row.record.rrn for row in remitted for key in row.linked if key in rows}
    slips = history.end.memories[terminal].slips if terminal in history.end.memories else []
    apart: Counter[str] = Counter()
    for rrn, fen in paid.items():
        apart[named.get(rrn, rrn)] += fen
    for slip in slips:
        if slip.kind is Kind.REMITTANCE:
            apart[slip.rrn] -= slip.amount_fen + slip.fee_fen
    unclear = besides | set(unresolved(history))
    left = {row.record.rrn for row in remitted if _place(row) in unclear}
    return min((rrn for rrn, fen in apart.items() if fen and rrn not in left), default="")


def _to_be_seen(history: History) -> dict[tuple[str, str], Place]:
    """Return both numbers of what belongs to a transfer at whose leg a person has to look."""
    rows, found = {row.key: row for row in history.end.rows}, {}
    for row in history.end.rows:
        legs = [leg for key in row.linked if (leg := rows.get(key))] if is_transfer(row) else []
        if any(leg.state in _MANUAL for leg in legs):
            found.update({(x.record.transmission, x.record.link_stan): _place(row) for x in legs})
    return found


def _taken(history: History, besides: set[Place]) -> Counter[str]:
    """Return what came in at each terminal: by its slips, and by what it lists as unknown."""
    taken: Counter[str] = Counter()
    for terminal, memory in history.end.memories.items():
        for slip in memory.slips:
            if slip.kind is Kind.REMITTANCE and (terminal, slip.batch, slip.stan) not in besides:
                taken[terminal] += slip.amount_fen + slip.fee_fen
    known = unresolved(history)
    for row in history.end.rows:
        is_one = row.record.kind == REMITTANCE and row.state is State.APPROVED
        if is_one and (place := _place(row)) in known and place not in besides:
            taken[row.key.terminal] += row.record.amount_fen + row.record.fee_fen
    return taken


def _place(row: Row) -> Place:
    return row.key.terminal, row.key.batch, row.key.stan
