"""Promise: what voids, refunds and completions take of a transaction never passes its amount.

Told from the ledger's rows alone, by what they are: a refund takes its amount, a void or a
completion all of it. A completion that was voided takes nothing more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from simulators.checkers.books.effects import KINDS
from simulators.checkers.finding import Finding
from simulators.world.history import History
from switch.core.operations import Row, TransactionKey
from switch.core.transaction import State

PROMISE = "what is taken of a transaction never passes its amount"
_STANDS: Final = frozenset({State.APPROVED, State.ADVISED, State.ADVICE_EXPIRED})
_VOID: Final = "void"


def check(history: History) -> Iterator[Finding]:
    """Yield each original of which more was taken than there is."""
    rows = {row.key: row for row in history.end.rows}
    takers: dict[TransactionKey, list[Row]] = defaultdict(list)
    for row in history.end.rows:
        if row.taking is not None and row.state in _STANDS:
            takers[row.taking.of].append(row)
    for key, taking in takers.items():
        original = rows.get(key)
        if original is None:
            yield Finding(f"{taking[0].record.rrn} takes of nothing", rrn=taking[0].record.rrn)
            continue
        standing = [row for row in taking if not _is_voided(row, takers)]
        fen, rrn = sum(_takes_fen(row, original) for row in standing), original.record.rrn
        if fen > original.record.amount_fen:
            by = ", ".join(sorted(row.record.rrn for row in standing))
            what = f"{by} took {fen} fen of {rrn}, which has {original.record.amount_fen}"
            yield Finding(what, rrn=rrn)


def _takes_fen(row: Row, original: Row) -> int:
    """Return what a row takes of its original: a refund so much, anything else all of it."""
    is_refund = KINDS[row.record.kind][0] == "refund"
    return row.record.amount_fen if is_refund else original.record.amount_fen


def _is_voided(row: Row, takers: dict[TransactionKey, list[Row]]) -> bool:
    return any(KINDS[other.record.kind][0] == _VOID for other in takers.get(row.key, ()))
