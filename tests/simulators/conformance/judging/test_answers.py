"""What the host says: whole answers, and wrong ones that differ by one thing."""

from __future__ import annotations

import pytest

from messages.crypto.keys import KeyCheckError, Tmk, unwrap_field_62
from messages.framing import Framing
from simulators.conformance.judging.answers import (
    Numbers,
    good_reply,
    new_keys,
    pieces,
    spoil,
    wrapped,
    write,
)
from simulators.conformance.mutants.places import pos
from simulators.installation import TMK, wires
from switch.core.moment import local
from tests.simulators.conformance import frames
from tests.simulators.conformance.judging.talking import AT, heard

_NUMBERS = Numbers(bytes(16))
_KEYS = new_keys("003", 16, _NUMBERS)


def _answer(frame: bytes, code: str = "00", kind: str = "approve") -> bytes:
    said = heard(frame)
    reply = spoil(good_reply(said, code, local(AT.utc_ms), _NUMBERS), kind)
    return write(said, Framing(pos().frame), reply, _KEYS, kind)


@pytest.mark.parametrize("frame", [frames.WITHDRAWAL, frames.BALANCE, frames.REVERSAL, frames.ECHO])
def test_an_answer_has_what_its_presence_set_asks_for_and_a_right_mac(frame: bytes) -> None:
    wire, said = wires()[0], heard(frame)
    told = wire.hear(wire.bare(_answer(frame)))
    assert said.found is not None
    sets = said.found.presence
    assert sets.response_needs <= told.fields.keys() <= sets.response_allows
    if 64 in told.fields:
        assert wire.is_authentic(told, wire.mac(_KEYS.mak))
    for number in (3, 4, 11, 41, 42):
        assert told.get(number) == said.get(str(number))


def test_each_wrong_answer_is_wrong_in_one_thing() -> None:
    wire = wires()[0]
    good = wire.hear(wire.bare(_answer(frames.WITHDRAWAL)))
    for kind, number in (("wrong-stan", 11), ("wrong-amount", 4), ("wrong-terminal", 41)):
        wrong = wire.hear(wire.bare(_answer(frames.WITHDRAWAL, kind=kind)))
        assert wire.is_authentic(wrong, wire.mac(_KEYS.mak))
        differs = {n for n in good.fields if good.fields[n] != wrong.fields.get(n)}
        assert number in differs <= {number, 37, 38, 64}
    assert 64 not in wire.hear(wire.bare(_answer(frames.WITHDRAWAL, kind="no-mac"))).fields
    broken = wire.hear(wire.bare(_answer(frames.WITHDRAWAL, kind="wrong-mac")))
    assert not wire.is_authentic(broken, wire.mac(_KEYS.mak))


@pytest.mark.parametrize("code", ["001", "003", "004"])
def test_keys_are_wrapped_with_their_check_values_and_one_can_be_wrong(code: str) -> None:
    tmk, keys = Tmk.from_hex(TMK), new_keys(code, 16, _NUMBERS)
    assert unwrap_field_62(tmk, bytes.fromhex(wrapped(keys, code, tmk, "approve"))).mak == keys.mak
    for kind, role in (("bad-pik", "PIK"), ("bad-mak", "MAK")):
        with pytest.raises(KeyCheckError) as wrong:
            unwrap_field_62(tmk, bytes.fromhex(wrapped(keys, code, tmk, kind)))
        assert wrong.value.which == (role,)


def test_pieces_make_the_whole() -> None:
    frame = _answer(frames.WITHDRAWAL)
    for kind in ("split", "slow", "approve"):
        sent = pieces(frame, kind)
        assert b"".join(piece for piece, _ in sent) == frame
        assert [wait for _, wait in sent] == sorted(wait for _, wait in sent)
    assert pieces(frame, "keep-alive") == [(b"\0\0" + frame + b"\0\0", 0)]


def test_numbers_of_one_nonce_come_again_and_never_twice() -> None:
    one, other = Numbers(b"n" * 16), Numbers(b"n" * 16)
    first = one.key(16)
    assert first == other.key(16)
    assert one.key(16) != first
