"""A request and its transaction: what they hold, and that they show none of it."""

from __future__ import annotations

import pytest

from switch.core.errors import InvariantBroken
from switch.core.terminals.request import READ, Foreseen, Request, Transaction
from switch.core.terminals.wire import TerminalWire
from switch.core.transaction import State
from tests.switch.core.stage import FRAMES, PAN, POS, configuration


def _request(name: str = "withdrawal") -> Request:
    return TerminalWire(POS).read(1, FRAMES[name][2:])


def test_the_selection_fills_the_request_in_its_order() -> None:
    request = _request()
    assert len(READ) == len(Request.__struct_fields__) - 5 - len(Foreseen.__struct_fields__)
    assert (request.mti, request.pan, request.amount, request.stan) == (
        "0200",
        PAN,
        "000000050000",
        "000002",
    )
    assert (request.transaction_code, request.batch, request.network_code) == (
        "70",
        "000002",
        "000",
    )
    assert (request.read_capability, request.ic_condition) == ("6", "0")


@pytest.mark.parametrize("path", ["3", "25", "60.1", "60.3", "49", "63"])
def test_a_match_asks_by_path(path: str) -> None:
    expected = {"3": "010000", "25": "00", "60.1": "70", "60.3": "000", "49": "156"}
    assert _request().value(path) == expected.get(path)


def test_a_value_that_no_one_can_read_is_not_there() -> None:
    frame = bytearray(FRAMES["settlement"][2:])
    at = frame.index(bytes.fromhex("0062000000050000"))
    frame[at + 3] = 0xAB
    assert TerminalWire(POS).read(1, bytes(frame)).value("48") is None


def test_neither_shows_a_card() -> None:
    request = _request()
    txn = Transaction(7, request, configuration(), 0)
    assert repr(request) == "Request(0200, terminal=50010001, stan=000002)"
    assert repr(txn) == "Transaction(7, OPENING)"


def test_a_state_that_may_not_follow_breaks_an_invariant() -> None:
    txn = Transaction(7, _request(), configuration(), 0)
    txn.move(State.FORWARDED)
    with pytest.raises(InvariantBroken, match="FORWARDED cannot become OPENING"):
        txn.move(State.OPENING)
