"""Promise: every day that is closed is cleared once, to zero, and agrees with its batches.

The clearings of all days together are what the books come to at the end: what was reversed after it
was cleared was given back once. The clearings are those of the switch, the sums are made here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from simulators.checkers.books.settlement import SLIPPED, counts
from simulators.checkers.finding import Finding
from simulators.world.history import Evening, History
from switch.core.batches.values import Sums
from switch.core.transaction import State
from switch.settlement.movements import movements
from switch.settlement.rules import Rules, rules_of

PROMISE = "each closed day is cleared once, to zero, and agrees with its batches"


def check(history: History) -> Iterator[Finding]:
    """Yield whatever was wrong with the books of an evening."""
    rules = rules_of(history.configuration)
    cleared: Counter[str] = Counter()
    days: list[int] = []
    for evening in history.evenings:
        if evening.failure:
            yield Finding(evening.failure)
            return
        for clearing in evening.clearings:
            for positions in (clearing.positions, clearing.interbank, clearing.inside):
                if sum(positions.values()):
                    yield Finding(f"{clearing.day} was cleared with {sum(positions.values())} fen")
            days.append(clearing.day)
            cleared.update(clearing.positions)
        if len(set(days)) < len(days):
            yield Finding(f"{evening.open_from}: a day was cleared twice")
        expected = _expected(evening, rules)
        for account in sorted(cleared.keys() | expected.keys()):
            if cleared[account] != expected[account]:
                what = f"{account} was cleared for {cleared[account]} fen before"
                yield Finding(f"{what} {evening.open_from}, its books say {expected[account]}")
        yield from _batches(evening, rules)


def _expected(evening: Evening, rules: Rules) -> Counter[str]:
    """Return what everything approved on closed days comes to, by account."""
    found: Counter[str] = Counter()
    for row in evening.rows:
        kind = rules.kind(row.record.kind)
        is_closed = row.record.clearing_day < evening.open_from
        if kind is None or row.state is not State.APPROVED or not is_closed:
            continue
        for movement in movements(row, kind, rules):
            found[movement.payer] -= movement.fen
            found[movement.payee] += movement.fen
    return found


def _batches(evening: Evening, rules: Rules) -> Iterator[Finding]:
    """Hold each batch that is settled against the rows of that evening."""
    for batch in evening.batches:
        sides: dict[int, list[int]] = {1: [], -1: [], 0: []}
        for row in evening.rows:
            if (row.key.terminal, row.key.batch) == batch.key and row.state in SLIPPED:
                sides[counts(row, rules)].append(row.record.amount_fen)
        debits, credits_ = sides[1], sides[-1]
        expected = Sums(sum(debits), len(debits), sum(credits_), len(credits_))
        if batch.counted != (expected, Sums()):
            yield Finding(f"batch {batch.number} of {batch.terminal} did not count what was there")
