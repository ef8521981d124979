"""The MAB of interbank messages: elements in order, held against the worked examples."""

from __future__ import annotations

from typing import Any

import pytest

from messages.codec import Codec
from messages.crypto.keys import Mak
from messages.crypto.mac import Padding, make_mac
from messages.dialects.loader import load_dialect
from messages.mab import element_mab
from tests import golden

INTERBANK = load_dialect("interbank")
MAK = Mak.from_hex("6B2D4F91A3C5E7081929384A5B6C7D8E")
MABS = {
    "interbank-withdrawal": (
        b"0200 196219991234567890120 010000 000000050000 0618093510 100002 8011 00 "
        b"0899900000 0899900000 50010001 999653080110001"
    ),
    "interbank-reversal": (
        b"0420 196219991234567890120 010000 000000050000 0618093640 100003 8011 00 "
        b"0899900000 0899900000 50010001 999653080110001 02001000020618093510"
    ),
}


@pytest.mark.parametrize(
    "message",
    [m for m in golden.load("messages")["messages"] if m["name"] in MABS],
    ids=lambda m: str(m["name"]),
)
def test_mab_and_mac_are_those_of_the_worked_example(message: dict[str, Any]) -> None:
    decoded = Codec(INTERBANK).decode(bytes.fromhex(message["frame"]), 50)
    mab = element_mab(INTERBANK, decoded.mti, decoded.fields)
    assert mab == MABS[message["name"]]
    mac = make_mac("x9.19", MAK, padding=Padding.ZERO)
    assert mac.compute(mab).decode() == decoded.fields[128]


def test_a_key_reset_covers_its_own_elements() -> None:
    fields = {7: "0618093000", 11: "000001", 53: "1600000000000000", 70: "101", 100: "99900000"}
    assert element_mab(INTERBANK, "0800", {**fields, 48: "NK", 41: "50010001"}) == (
        b"0800 0618093000 000001 1600000000000000 101 0899900000"
    )


def test_a_dialect_that_covers_the_message_has_no_elements() -> None:
    with pytest.raises(ValueError, match="no MAC covers elements"):
        element_mab(load_dialect("pos"), "0200", {})
