"""The fields of every kind of answer, as the worked examples have them."""

from __future__ import annotations

import pytest

from messages.reasons import Reason
from switch.core.operations import (
    Answer,
)
from switch.core.terminals.answers import (
    APPROVED,
    SIGN_ON_AGAIN,
    WITHOUT_MAC,
    Extra,
    code_for,
    financial,
    mac_for,
    management,
)
from switch.core.terminals.wire import TerminalWire
from tests.switch.core.stage import FRAMES, POS, Stage

_WIRE = TerminalWire(POS)


def _fields(name: str) -> dict[int, str]:
    return Stage().codec.decode(FRAMES[name], 13).fields


def _answer(fields: dict[int, str]) -> Answer:
    return Answer(*(fields.get(n, "") for n in (12, 13, 15, 37, 38, 39, 54)))


@pytest.mark.parametrize("name", ["withdrawal", "balance", "reversal"])
def test_the_answer_to_a_worked_example_is_the_worked_answer(name: str) -> None:
    request = _WIRE.read(1, FRAMES[name][2:])
    golden = _fields(f"{name}-response")
    issuer = "99910000" if 44 in golden else ""
    extra = Extra("99900000", issuer, golden.get(55))
    built = financial(request, _answer(golden), extra)
    assert built == {n: text for n, text in golden.items() if n != 64}


def test_the_answer_to_the_worked_sign_on_is_the_worked_answer() -> None:
    golden = _fields("sign-on-response")
    request = _WIRE.read(1, FRAMES["sign-on"][2:])
    built = management(request, _answer(golden), "99900000")
    built |= {60: golden[60], 62: golden[62]}
    assert built == golden


def test_answers_about_keys_and_sessions_carry_no_mac() -> None:
    mac = Stage().mac
    assert frozenset({"A0", "77", "97", "99"}) == WITHOUT_MAC
    assert all(mac_for(code, mac) is None for code in WITHOUT_MAC)
    assert mac_for("00", mac) is mac_for("61", mac) is mac


def test_the_header_asks_for_a_sign_on_where_a_new_key_helps() -> None:
    codes = {code_for(POS, reason) for reason in SIGN_ON_AGAIN}
    assert codes == {"77", "99", "A0"}
    assert Reason.TERMINAL_UNKNOWN not in SIGN_ON_AGAIN


def test_less_than_was_asked_for_is_no_approval() -> None:
    assert "10" not in APPROVED
    assert "00" in APPROVED
