"""A message whose lengths are counted another way is read all the same, and the way is named."""

from __future__ import annotations

import pytest

from simulators.conformance.hearing.respelling import WORDS, respellings
from simulators.conformance.mutants.places import pos, swap
from tests.simulators.conformance.frames import WITHDRAWAL

_HEADS = 11
_BODY = WITHDRAWAL[2 + _HEADS :]
_PAN = bytes.fromhex("62199912345678901200")


@pytest.mark.parametrize(
    ("written", "way"),
    [
        (b"\x10" + _PAN, "bytes"),
        (b"\x20" + _PAN, "padded"),
        (b"\x13" + _PAN, "binary"),
        (b"19" + _PAN, "ascii"),
    ],
)
def test_each_way_of_counting_a_pan_is_found(written: bytes, way: str) -> None:
    frame = WITHDRAWAL[2 : 2 + _HEADS] + swap(_BODY, 2, written, length=True)
    found = list(respellings(pos(), frame, ("bytes", "padded", "binary", "ascii")))
    assert (way, 2) in {(each.way, each.field) for each in found}
    assert any(each.frame == WITHDRAWAL[2:] for each in found)


def test_a_sound_frame_is_not_respelled() -> None:
    assert not list(respellings(pos(), WITHDRAWAL[2:], ("bytes", "ascii", "binary")))


def test_every_way_has_a_check_and_words() -> None:
    assert all(len(words) == 3 for words in WORDS.values())
