"""Outcomes: plain values, each of its own kind, one for every operation."""

from __future__ import annotations

from typing import get_args

from switch.core import outcomes
from switch.core.batches.values import BatchIs, BatchUnknown
from switch.core.operations import Enlist, FindOriginal, Operation, Totals, TransactionKey
from switch.core.outcomes import OriginalNotFound, Outcome, TotalsAre
from switch.ledger.memory import MemoryLedger

_KEY = TransactionKey(1, bytes(16), "50010001", "999653080110001", "000001", "000001", "")


def test_every_outcome_is_frozen_and_part_of_the_union() -> None:
    kinds = {
        value
        for value in vars(outcomes).values()
        if isinstance(value, type) and value.__module__ == outcomes.__name__
    }
    assert kinds | {BatchIs, BatchUnknown} == set(get_args(Outcome))
    assert all(kind.__struct_config__.frozen for kind in get_args(Outcome))


def test_a_batch_gets_as_many_outcomes_in_its_order() -> None:
    batch: list[Operation] = [Enlist(1, b"nonce", 0, 1), FindOriginal(2, _KEY), Totals(3)]
    told = MemoryLedger().submit(batch)
    assert [type(outcome) for outcome in told[1:]] == [OriginalNotFound, TotalsAre]
    assert len(told) == len(batch)
