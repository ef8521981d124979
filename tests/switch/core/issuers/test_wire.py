"""Interbank frames: the worked examples read, proven, and built again."""

from __future__ import annotations

import pytest

from messages.crypto.mac import make_mac
from messages.errors import DecodeError
from switch.core.issuers.wire import IssuerWire
from tests.switch.core.stage import FRAMES, INTERBANK, configuration

_MAC = make_mac("x9.19", configuration().links["bank"].mak)


@pytest.fixture(scope="module")
def wire() -> IssuerWire:
    return IssuerWire(INTERBANK)


@pytest.mark.parametrize("name", ["interbank-withdrawal", "interbank-reversal"])
def test_a_worked_example_proves_itself_and_no_changed_one_does(
    wire: IssuerWire, name: str
) -> None:
    view, texts = wire.read(FRAMES[name][4:])
    assert wire.is_authentic(view.mti, texts, _MAC)
    assert not wire.is_authentic(view.mti, texts | {4: "000000050001"}, _MAC)
    assert not wire.is_authentic(view.mti, {n: t for n, t in texts.items() if n != 128}, _MAC)


def test_heads_are_those_of_the_worked_examples(wire: IssuerWire) -> None:
    heads = wire.heads("00010000", "99900000")
    frame = FRAMES["interbank-sign-on"]
    # The total length is filled in with the message.
    assert heads[:2] == frame[4:6]
    assert heads[6:] == frame[10:50]


def test_a_reject_code_is_seen_in_the_header_only(wire: IssuerWire) -> None:
    frame = FRAMES["interbank-withdrawal"][4:]
    assert not wire.is_rejected(frame)
    assert wire.is_rejected(frame[:41] + b"00001" + frame[46:])
    assert wire.reject_code(frame[:41] + b"00001" + frame[46:]) == "00001"
    assert wire.reject_code(frame[:41] + b"\xff\x0012\n" + frame[46:]) == "\\xff\x0012\n"


def test_a_cut_frame_says_where(wire: IssuerWire) -> None:
    with pytest.raises(DecodeError):
        wire.read(FRAMES["interbank-withdrawal"][4:-4])
