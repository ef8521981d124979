"""Operations: values that can be submitted twice, without clear card data in any form."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from msgspec.structs import replace

from switch.core import operations
from switch.core.operations import (
    Claim,
    LeaseNumbers,
    Operation,
    Record,
    TakeOver,
)
from switch.ledger.memory import MemoryLedger
from tests.switch.core.stage import PAN, Stage, silent
from tests.switch.ledger import making


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


def test_a_record_from_before_fees_is_read_without_and_one_with_them_whole() -> None:
    record = replace(making.record(), fee_fen=400, fee_rules="C7 I6", legs=(("ci", 300), ("ia", 9)))
    stored = msgspec.msgpack.encode(record)
    assert msgspec.msgpack.decode(stored, type=Record) == record
    fields = Record.__struct_fields__
    older = msgspec.msgpack.encode(msgspec.msgpack.decode(stored)[: fields.index("fee_fen")])
    read = msgspec.msgpack.decode(older, type=Record)
    assert (read.fee_fen, read.fee_rules, read.legs) == (0, "", ())
