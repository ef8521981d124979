"""Boxes open only as they were sealed; a card is found by its hash and by nothing else."""

from __future__ import annotations

import hmac
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.crypto.vault import SealError, Vault

VAULT = Vault(bytes(range(32)), bytes(range(32, 64)))
PAN = "6219991234567890120"


@given(plain=st.binary(max_size=200), number=st.integers(0, 2**64))
def test_a_box_opens_with_its_number_and_purpose(plain: bytes, number: int) -> None:
    assert VAULT.open(VAULT.seal(plain, number, b"reversal"), number, b"reversal") == plain


@pytest.mark.parametrize(
    ("number", "purpose", "flip"), [(8, b"keys", 0), (7, b"reversal", 0), (7, b"keys", 1)]
)
def test_a_box_stays_shut_for_anything_else(number: int, purpose: bytes, flip: int) -> None:
    box = bytearray(VAULT.seal(b"working keys", 7, b"keys"))
    box[3] ^= flip
    with pytest.raises(SealError):
        VAULT.open(bytes(box), number, purpose)


def test_a_box_of_another_installation_stays_shut() -> None:
    with pytest.raises(SealError):
        Vault(bytes(32), bytes(32)).open(VAULT.seal(b"x", 1, b"keys"), 1, b"keys")


@given(st.binary(min_size=32, max_size=32), st.text("0123456789", max_size=40))
def test_a_card_hash_is_the_beginning_of_its_hmac(key: bytes, pan: str) -> None:
    vault = Vault(bytes(32), key)
    for _ in range(2):
        assert vault.card_hash(pan) == hmac.digest(key, pan.encode(), "sha256")[:16]


def test_card_hash_is_keyed_and_short() -> None:
    assert len(VAULT.card_hash(PAN)) == 16
    assert VAULT.card_hash(PAN) != Vault(bytes(32), bytes(32)).card_hash(PAN)
    assert VAULT.card_hash(PAN) != VAULT.card_hash(PAN[:-1] + "1")


def test_keys_are_shown_nowhere() -> None:
    assert repr(VAULT) == "Vault()"
    with pytest.raises(TypeError):
        pickle.dumps(VAULT)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes each"):
        Vault(bytes(size), bytes(32))


@pytest.mark.parametrize(
    ("data", "cards", "is_same"), [(0, 32, True), (1, 32, False), (0, 33, False)]
)
def test_vaults_with_the_same_keys_are_known(data: int, cards: int, is_same: bool) -> None:
    other = Vault(bytes(range(data, data + 32)), bytes(range(cards, cards + 32)))
    assert VAULT.has_keys_of(other) is is_same
