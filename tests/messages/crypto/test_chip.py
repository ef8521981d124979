"""Cryptograms of chips: pyemv as oracle, and what a changed byte does to a verdict."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.crypto.chip import CardKey, ChipKey

with warnings.catch_warnings():
    # It imports 3DES from where the library used to have it.
    warnings.simplefilter("ignore")
    from pyemv import ac, kd

MASTER = "9E15204313F7318ACB79B90BD986AD29"
PAN = "6219991234567890120"
_pyemv_warns = pytest.mark.filterwarnings(
    "ignore::cryptography.utils.CryptographyDeprecationWarning"
)


def _theirs(counter: bytes) -> bytes:
    card = kd.derive_icc_mk_a(bytes.fromhex(MASTER), PAN, "01")
    return kd.derive_common_sk(card, counter + bytes(6))


@_pyemv_warns
@given(st.binary(max_size=64), st.binary(min_size=2, max_size=2))
def test_a_cryptogram_equals_pyemv(covered: bytes, counter: bytes) -> None:
    ours = ChipKey.from_hex(MASTER).card(PAN, "01").arqc(counter, covered)
    assert ours == ac.generate_ac(_theirs(counter), covered, ac.PaddingType.EMV)


@_pyemv_warns
@given(st.binary(min_size=8, max_size=8), st.binary(min_size=2, max_size=2))
def test_the_answer_of_an_issuer_equals_pyemv(arqc: bytes, counter: bytes) -> None:
    ours = ChipKey.from_hex(MASTER).card(PAN, "01").arpc(counter, arqc, b"00")
    assert ours == ac.generate_arpc_1(_theirs(counter), arqc, b"00")


@_pyemv_warns
@pytest.mark.parametrize("pan", [PAN, "621999123456", "6219991234567890"])
def test_the_key_of_a_card_equals_pyemv(pan: str) -> None:
    theirs = kd.derive_icc_mk_a(bytes.fromhex(MASTER), pan, "01")
    assert ChipKey.from_hex(MASTER).card(pan, "01").reveal() == theirs


def test_another_counter_or_byte_is_another_cryptogram() -> None:
    card = ChipKey.from_hex(MASTER).card(PAN, "01")
    first = card.arqc(bytes(2), b"data")
    assert len({first, card.arqc(b"\0\1", b"data"), card.arqc(bytes(2), b"datb")}) == 3


def test_keys_and_sizes_that_cannot_be_are_refused() -> None:
    card = CardKey(bytes(16))
    for wrong in (
        lambda: ChipKey(bytes(8)).card(PAN, "01"),
        lambda: card.arqc(b"\0", b""),
        lambda: card.arpc(bytes(2), bytes(7), b"00"),
        lambda: card.arpc(bytes(2), bytes(8), b"0"),
    ):
        with pytest.raises(ValueError, match=r"bytes|covers"):
            wrong()


def test_a_key_never_shows_its_bytes() -> None:
    assert MASTER not in repr(ChipKey.from_hex(MASTER)).upper()
