"""The ledger in memory (switch/ledger): the model of all ledgers, and the one of simulated worlds.

It is durable as long as its owner keeps it: a simulated process dies, its ledger object stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from switch.core.batches.values import Batch
from switch.core.moment import local
from switch.core.operations import (
    Advice,
    Operation,
    Row,
    Totals,
)
from switch.core.outcomes import (
    Outcome,
    TotalsAre,
    Unknown,
)
from switch.core.transaction import State
from switch.ledger.decide import decide
from switch.ledger.protocol import EVERYWHERE, NEWEST, CapShown, Refusals, Where
from switch.ledger.rows import FENCED, Lease, Queued, ReadSet


class MemoryLedger:
    """A ledger whose batches are atomic and last as long as the object."""

    def __init__(self) -> None:
        """Begin empty."""
        self._stored = ReadSet()

    def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        """Decide and keep a batch; one that breaks an invariant leaves nothing behind."""
        for operation in batch:
            if type(operation) is Totals:
                self._stored.totals = self.totals()
        decision = decide(batch, self._stored)
        self._stored.apply(decision.written)
        return decision.outcomes

    def crash(self, batch: Sequence[Operation], *, is_kept: bool) -> list[Outcome]:
        """Lose the connection while a batch commits: whether it was kept, nobody can say.

        Every outcome is Unknown. A caller that dies with the connection drops them.
        """
        if is_kept:
            self.submit(batch)
        return [Unknown() for _ in batch]

    def restart(self) -> None:
        """End all leases: whoever opens an embedded ledger knows that all before it are dead."""
        for incarnation, lease in self._stored.leases.items():
            self._stored.leases[incarnation] = Lease(lease.nonce, FENCED)

    def close(self) -> None:
        """Do nothing: there is no store to let go of."""

    def transactions(self, limit: int = NEWEST, where: Where = EVERYWHERE) -> list[Row]:
        """Return at most `limit` transactions, the newest first."""
        rows = self._stored.transactions.values()
        found = (
            list(rows) if where == EVERYWHERE else [row for row in rows if _is_shown(row, where)]
        )
        return found[: -limit - 1 : -1]

    def caps(self, card: bytes) -> list[CapShown]:
        """Return the days of a card (its keyed hash) in order."""
        days = self._stored.caps.items()
        return sorted(
            CapShown(key.day, day.held_fen, day.committed_fen)
            for key, day in days
            if key.card == card
        )

    def advices(self) -> list[Advice]:
        """Return the queued reversals, the first due first."""
        queue = self._stored.advices
        if not queue:
            return []
        rows = [row for key, row in self._stored.transactions.items() if key in queue]
        rows.sort(key=lambda row: queue[row.key].due_ms)
        return [_advice(row, queue[row.key]) for row in rows]

    def batches(self, from_day: int, until_day: int) -> list[Batch]:
        """Return terminals' batches by clearing day, terminal and number; days inclusive."""
        found = [b for b in self._stored.batches.values() if from_day <= b.day <= until_day]
        return sorted(found, key=lambda batch: (batch.day, batch.key))

    def rows(self, from_day: int, until_day: int, *, only_reversed: bool = False) -> Iterator[Row]:
        """Yield the transactions of receipt days, both inclusive, in the order of opening."""
        for row in list(self._stored.transactions.values()):
            if from_day <= local(row.record.opened_ms).day <= until_day and (
                row.state is State.REVERSED or not only_reversed
            ):
                yield row

    def first_day(self) -> int:
        """Return the first receipt day of all, 0 where there is no transaction."""
        rows = self._stored.transactions.values()
        return min((local(row.record.opened_ms).day for row in rows), default=0)

    def full_days(
        self, from_day: int, until_day: int, limit_fen: int
    ) -> Iterator[tuple[bytes, int]]:
        """Yield the days of cards (keyed hash and YYYYMMDD) that have no less than a limit."""
        for key, day in self._stored.caps.items():
            if from_day <= key.day <= until_day and day.held_fen + day.committed_fen >= limit_fen:
                yield key.card, key.day

    def refusals(self, from_day: int, until_day: int) -> Iterator[Refusals]:
        """Yield what was refused without a row, by day, point, bank, code and reason."""
        sums: dict[tuple[int, str, str, str, str], int] = {}
        for key, count in self._stored.refusals.items():
            if from_day <= key.day <= until_day:
                place = (key.day, key.merchant, key.issuer, key.code, key.reason)
                sums[place] = sums.get(place, 0) + count
        for (day, merchant, issuer, code, reason), count in sorted(sums.items()):
            yield Refusals(day, merchant, issuer, code, reason, count)

    def totals(self) -> TotalsAre:
        """Return the sums over everything, added up from the rows."""
        by_state: dict[int, tuple[int, int]] = {}
        for row in self._stored.transactions.values():
            count, total = by_state.get(row.state, (0, 0))
            by_state[int(row.state)] = (count + 1, total + row.record.amount_fen)
        days = self._stored.caps.values()
        return TotalsAre(
            dict(sorted(by_state.items())),
            sum(day.held_fen for day in days),
            sum(day.committed_fen for day in days),
            len(self._stored.advices),
        )


def _advice(row: Row, queued: Queued) -> Advice:
    return Advice(row=row, tries=queued.tries, due_ms=queued.due_ms, owner=queued.owner)


def _is_shown(row: Row, where: Where) -> bool:
    return (
        where.rrn in {"", row.record.rrn}
        and where.terminal in {"", row.key.terminal}
        and where.day in {0, local(row.record.opened_ms).day}
        and where.state in {None, row.state}
    )
