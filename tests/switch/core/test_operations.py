"""Operations: values that can be submitted twice, without clear card data in any form."""

from __future__ import annotations

from typing import get_args

import pytest

from switch.core import operations
from switch.core.operations import (
    Claim,
    LeaseNumbers,
    Operation,
    TakeOver,
)
from switch.ledger.memory import MemoryLedger
from tests.switch.core.stage import PAN, Stage, silent


def _operations_of_a_day() -> list[Operation]:
    """Return every operation of approvals, a silent bank, reversals and a restart."""
    stage = Stage()
    seen: list[Operation] = []

    def watch(operation: Operation) -> str:
        seen.append(operation)
        return ""

    stage.lose = watch
    stage.start()
    stage.sign_on()
    stage.withdraw()
    stage.reverse()
    stage.issue = silent
    stage.withdraw("000003", f4="000000010000")
    stage.pass_time(50_000)
    stage.reverse("000009")
    return seen


def test_every_operation_is_frozen_and_names_its_attempt() -> None:
    for kind in get_args(Operation):
        config = kind.__struct_config__
        assert config.frozen, kind
        assert kind.__struct_fields__[0] == "attempt", kind


def test_an_operation_submitted_twice_changes_nothing_more() -> None:
    once, twice = MemoryLedger(), MemoryLedger()
    for operation in _operations_of_a_day():
        once.submit([operation])
        first = twice.submit([operation])
        if not isinstance(operation, Claim | TakeOver | LeaseNumbers):
            assert twice.submit([operation]) == first
    assert once.transactions() == twice.transactions()
    assert once.totals() == twice.totals()


def test_no_operation_shows_a_card_or_its_track() -> None:
    seen = _operations_of_a_day()
    shown = "".join(map(repr, seen))
    assert "621999*********0120" in shown
    assert PAN not in shown
    assert PAN[6:-4] not in shown


@pytest.mark.parametrize("name", ["Row", "Record", "TransactionKey", "Session", "Answer"])
def test_what_a_ledger_stores_is_an_array(name: str) -> None:
    assert getattr(operations, name).__struct_config__.array_like
