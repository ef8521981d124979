"""Chip data keep every length and lose card and cryptograms, walked quickly or parsed."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.dialects.loader import load_dialect
from messages.tokens.chips import ChipCleaner
from messages.tokens.numbers import KEY_BYTES, Tokens

_TOKENS: Final = Tokens(bytes(range(KEY_BYTES)))
_LAYOUT: Final = load_dialect("pos").layouts[55][0]
_PAN: Final = "6219991234567890120"
_TAGS: Final = (
    "9F26", "9F27", "9F10", "9F36", "95", "5A", "57", "91", "71", "9F1E", "84", "00", "70",
    "DF8101", "5F24",
)  # fmt: skip


def _item(tag: str, value: bytes) -> bytes:
    return bytes.fromhex(tag) + bytes([len(value)]) + value


_VALUES: Final = st.one_of(
    st.binary(max_size=12),
    st.sampled_from([bytes.fromhex(_PAN + "F"), _PAN.encode(), bytes.fromhex(_PAN + "D3012201F")]),
)
_ITEMS: Final = st.lists(st.tuples(st.sampled_from(_TAGS), _VALUES), max_size=12)


@given(_ITEMS, st.binary(max_size=3))
def test_the_quick_walk_finds_what_a_parse_finds(
    items: list[tuple[str, bytes]], rest: bytes
) -> None:
    content = b"".join(_item(*each) for each in items) + rest
    chips = ChipCleaner(_LAYOUT, _TOKENS)
    quick = chips._flat(content)
    assert quick is None or quick == chips._parsed(content)
    cleaned = chips.clean(content)
    assert len(cleaned) == len(content)
    assert bytes.fromhex(_PAN + "F") not in cleaned
    assert _PAN.encode() not in cleaned


@given(st.binary(max_size=80))
def test_any_bytes_come_out_as_long(content: bytes) -> None:
    assert len(ChipCleaner(_LAYOUT, _TOKENS).clean(content)) == len(content)


def test_a_plain_list_is_walked_quickly() -> None:
    chips = ChipCleaner(_LAYOUT, _TOKENS)
    content = _item("9F36", b"\x00\x12") + _item("9F26", b"ABCDEFGH")
    assert chips._flat(content) == _item("9F36", b"\x00\x12") + _item("9F26", bytes(8))


def test_numbers_and_tracks_get_stand_ins() -> None:
    cleaned = ChipCleaner(_LAYOUT, _TOKENS).clean(_item("5A", bytes.fromhex(_PAN + "F")))
    assert cleaned.hex().upper() == "5A0A" + _TOKENS.pan(_PAN) + "F"


@pytest.mark.parametrize("tag", ["9F26", "91", "DF8101", "71"])
def test_cryptograms_scripts_and_the_unknown_become_zeros(tag: str) -> None:
    assert ChipCleaner(_LAYOUT, _TOKENS).clean(_item(tag, b"\x5a" * 8)) == _item(tag, bytes(8))


def test_a_template_is_cleaned_within() -> None:
    inner = _item("9F36", b"\x00\x12") + _item("5A", bytes.fromhex(_PAN + "F"))
    cleaned = ChipCleaner(_LAYOUT, _TOKENS).clean(_item("70", inner))
    assert cleaned.hex().upper().endswith("9F360200125A0A" + _TOKENS.pan(_PAN) + "F")


def test_what_cannot_be_read_becomes_zeros() -> None:
    assert ChipCleaner(_LAYOUT, _TOKENS).clean(b"\x9f\x36\x7f\x01") == bytes(4)
