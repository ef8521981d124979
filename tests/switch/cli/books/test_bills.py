"""The second leg of a payment in words: each state has some, and what the host said is told."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from messages.dialects.loader import load_dialect
from switch.cli.books.bills import BILLS, bill_lines, bill_of
from switch.core.operations import Row
from switch.core.social.bill import Bill, BillState
from switch.core.transaction import State
from tests.switch.ledger import making

_BANK = load_dialect("interbank")


def _row(state: State, bill: BillState, told: str = "") -> Row:
    return Row(
        key=making.key(),
        fingerprint=b"",
        state=state,
        record=making.record(),
        cap=None,
        attempt=1,
        incarnation=1,
        bill=Bill("C1", "PAY", "social", "910000", bill, told),
    )


@pytest.mark.parametrize("state", BillState)
def test_every_state_is_said_in_both_languages(state: BillState) -> None:
    lines = bill_lines(_row(State.APPROVED, state), _BANK)
    assert ("", f"{state.name}: {BILLS[state].en} {BILLS[state].zh}") in lines


def test_what_is_owed_to_the_host_is_told() -> None:
    told = bill_of(_row(State.APPROVED, BillState.CONFIRMING), _BANK)
    assert told is not None
    assert (told["queued"], told["told_words"]) == (True, None)
    lines = bill_lines(_row(State.APPROVED, BillState.CONFIRMING), _BANK)
    assert lines[-1] == ("", "queued: the host is told until it answers")


def test_what_the_host_said_is_told() -> None:
    row = _row(State.UNSENT, BillState.CANCELLED, "64")
    lines = bill_lines(row, _BANK)
    assert lines[0] == ("bill", "C1 (PAY) over link social")
    assert lines[-1][1].startswith("the host said 64 ")


def test_what_has_no_bill_tells_of_none() -> None:
    row = replace(_row(State.APPROVED, BillState.CONFIRMED), bill=None)
    assert bill_of(row, _BANK) is None
    assert bill_lines(row, _BANK) == []
