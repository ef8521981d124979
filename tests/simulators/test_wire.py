"""One dialect for actors: what is said is heard, and the MAC covers what it must."""

from __future__ import annotations

import pytest

from messages.crypto.keys import Mak
from messages.dialects.loader import load_dialect
from messages.errors import DecodeError
from simulators.installation import MAK, ZONE_MAK
from simulators.wire import Wire
from tests.simulators.acting import FRAMES, INTERBANK, POS


@pytest.mark.parametrize(
    ("wire", "name", "key"),
    [(POS, "withdrawal", MAK), (INTERBANK, "interbank-withdrawal", ZONE_MAK)],
)
def test_what_was_heard_is_said_again_to_the_byte(wire: Wire, name: str, key: str) -> None:
    whole = FRAMES[name]
    heard = wire.hear(wire.bare(whole))
    fields = {n: text for n, text in heard.fields.items() if n != wire.mac_field}
    heads = heard.frame[: wire.dialect.frame.head_size]
    mac = wire.mac(Mak.from_hex(key))
    assert wire.say(heads, heard.mti, fields, mac) == whole
    assert wire.is_authentic(heard, mac)


@pytest.mark.parametrize(
    ("wire", "name", "key"),
    [(POS, "withdrawal", MAK), (INTERBANK, "interbank-withdrawal", ZONE_MAK)],
)
def test_a_changed_amount_is_not_authentic(wire: Wire, name: str, key: str) -> None:
    heard = wire.hear(wire.bare(FRAMES[name]))
    changed = wire.hear(heard.view.patch({4: "000000050001"}))
    assert not wire.is_authentic(changed, wire.mac(Mak.from_hex(key)))


def test_a_message_without_a_mac_is_not_authentic() -> None:
    assert not POS.is_authentic(POS.hear(POS.bare(FRAMES["echo"])), POS.mac(Mak.from_hex(MAK)))


def test_what_was_heard_is_not_printed() -> None:
    heard = POS.hear(POS.bare(FRAMES["withdrawal"]))
    assert heard.get(2) not in repr(heard)
    assert heard.get(99) == ""


def test_a_frame_that_is_cut_off_is_a_decode_error() -> None:
    with pytest.raises(DecodeError):
        POS.hear(POS.bare(FRAMES["withdrawal"])[:-1])


def test_a_dialect_without_a_mac_has_no_wire() -> None:
    with pytest.raises(ValueError, match="no MAC"):
        Wire(load_dialect("iso87-ascii"))


def test_a_frame_that_was_overheard_is_read_once_and_only_once() -> None:
    frame = POS.bare(FRAMES["withdrawal"])
    heard = POS.overhear(frame)
    assert POS.hear(bytes(bytearray(frame))) is heard
    again = POS.hear(frame)
    assert again is not heard
    assert again.fields == heard.fields
