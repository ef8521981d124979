"""Decisions about terminal batches (switch/ledger): counted, settled, ended.

Part of `decide`, and as pure. What is counted are the rows of the batch as they are at the moment
of its 0500; what changes later is for reconciliation.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from switch.core.batches.values import (
    BALANCED,
    ERROR,
    MOST_DETAILS,
    UNBALANCED,
    AddDetails,
    Batch,
    BatchIs,
    BatchUnknown,
    Counting,
    EndBatch,
    SettleBatch,
    Sums,
)
from switch.core.operations import Row
from switch.core.transaction import State
from switch.ledger.working import Working

COUNTED: Final = frozenset({State.APPROVED, State.ADVISED, State.ADVICE_EXPIRED})
"""States of which the terminal was told that it was approved, and has a slip."""


def settle_batch(working: Working, operation: SettleBatch) -> BatchIs | BatchUnknown:
    """Hold a terminal's totals against the rows of its batch."""
    asked = operation.batch
    kept = working.batch(asked.key)
    if kept is not None and kept.is_ended:
        # Its 0510 was lost: what was counted then is said again.
        again = replace(kept, claimed=asked.claimed)
        return BatchIs(replace(again, results=_results(again)))
    session = working.session(asked.terminal)
    if session is None or f"{session.batch:06d}" != asked.number:
        return BatchUnknown()
    rows = working.rows_of_batch(*asked.key)
    batch = replace(
        asked,
        counted=count(rows, operation.counting),
        details=kept.details if kept is not None else (),
    )
    is_open = any(row.state is State.FORWARDED for row in rows)
    # While one is in flight nobody can say what the batch comes to.
    batch = replace(batch, results=(ERROR, ERROR) if is_open else _results(batch))
    return BatchIs(_kept(working, batch, operation.attempt, is_ended=batch.is_balanced))


def add_details(working: Working, operation: AddDetails) -> BatchIs | BatchUnknown:
    """Add what a terminal uploads to its batch, in order of kind and STAN."""
    batch = working.batch((operation.terminal, operation.number))
    if batch is None:
        return BatchUnknown()
    found = {(each.kind, each.stan): each for each in (*batch.details, *operation.details)}
    if len(found) > MOST_DETAILS:
        return BatchUnknown()
    details = tuple(sorted(found.values()))
    if details != batch.details:
        batch = replace(batch, details=details)
        working.written.batches[batch.key] = batch
    return BatchIs(batch)


def end_batch(working: Working, operation: EndBatch) -> BatchIs | BatchUnknown:
    """End a batch: its terminal has uploaded all that it has."""
    batch = working.batch((operation.terminal, operation.number))
    if batch is None:
        return BatchUnknown()
    if batch.is_ended and batch.told == operation.count:
        return BatchIs(batch)
    batch = replace(batch, told=operation.count)
    return BatchIs(_kept(working, batch, operation.attempt, is_ended=True))


def _kept(working: Working, batch: Batch, attempt: int, *, is_ended: bool) -> Batch:
    """Keep a batch; with its end the session ends, so that the next sign-on gives a new number."""
    batch = replace(batch, is_ended=is_ended)
    working.written.batches[batch.key] = batch
    session = working.session(batch.terminal)
    if is_ended and session is not None and f"{session.batch:06d}" == batch.number:
        working.written.sessions[batch.terminal] = replace(
            session,
            is_batch_open=False,
            is_signed_on=False,
            version=session.version + 1,
            attempt=attempt,
        )
    return batch


def _results(batch: Batch) -> tuple[int, int]:
    domestic, foreign = (
        BALANCED if claimed == counted else UNBALANCED
        for claimed, counted in zip(batch.claimed, batch.counted, strict=True)
    )
    return domestic, foreign


def count(rows: list[Row], counting: Counting) -> tuple[Sums, Sums]:
    """Return what rows come to: approved and not reversed, each once; a void on the other side."""
    sums = [[0, 0, 0, 0], [0, 0, 0, 0]]
    for row in rows:
        kind, fen = row.record.kind, row.record.amount_fen
        if row.state not in COUNTED or kind not in counting.debits + counting.credits:
            continue
        of_class = sums[row.record.shown_card.startswith(counting.foreign)]
        at = 0 if kind in counting.debits else 2
        of_class[at] += fen
        of_class[at + 1] += 1
    return Sums(*sums[0]), Sums(*sums[1])
