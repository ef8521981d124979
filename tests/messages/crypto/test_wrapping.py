"""Boxes for keys: what goes in comes out, under the same master key and name only."""

from __future__ import annotations

import copy
import pickle

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given
from hypothesis import strategies as st

from messages.crypto.wrapping import MASTER_KEY_BYTES, MasterKey, WrapError

_KEY = bytes(range(MASTER_KEY_BYTES))
_MASTER = MasterKey(_KEY)


@given(st.binary(min_size=1, max_size=64), st.text())
def test_what_is_wrapped_is_unwrapped(key: bytes, name: str) -> None:
    box = _MASTER.wrap(key, name)
    assert _MASTER.unwrap(box, name) == key
    assert len(box) == len(key) + 16


def test_the_published_vector_of_rfc_5297_holds_for_the_primitive() -> None:
    key = bytes.fromhex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")
    data = [bytes.fromhex("101112131415161718191a1b1c1d1e1f2021222324252627")]
    plain = bytes.fromhex("112233445566778899aabbccddee")
    expected = "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c"
    assert AESSIV(key).encrypt(plain, data).hex() == expected


@given(st.data())
def test_a_changed_box_never_opens(data: st.DataObject) -> None:
    box = bytearray(_MASTER.wrap(b"k" * 16, "terminals/50010001"))
    at = data.draw(st.integers(0, len(box) - 1))
    box[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(WrapError, match="terminals/50010001"):
        _MASTER.unwrap(bytes(box), "terminals/50010001")


@pytest.mark.parametrize("box", [b"", b"short", bytes(16)])
def test_what_is_no_box_never_opens(box: bytes) -> None:
    with pytest.raises(WrapError):
        _MASTER.unwrap(box, "vault/data")


def test_a_box_opens_under_its_own_name_and_master_key_only() -> None:
    box = _MASTER.wrap(b"k" * 16, "terminals/50010001")
    with pytest.raises(WrapError):
        _MASTER.unwrap(box, "terminals/50010002")
    with pytest.raises(WrapError):
        MasterKey(bytes(MASTER_KEY_BYTES)).unwrap(box, "terminals/50010001")


@pytest.mark.parametrize("size", [0, 16, 32, 63, 65])
def test_a_master_key_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"64 bytes, not {size}"):
        MasterKey(bytes(size))


def test_a_master_key_is_never_shown_pickled_or_copied() -> None:
    assert repr(_MASTER) == "MasterKey()"
    assert _KEY.hex() not in f"{_MASTER!s} {vars(type(_MASTER))}"
    with pytest.raises(TypeError):
        pickle.dumps(_MASTER)
    with pytest.raises(TypeError):
        copy.deepcopy(_MASTER)
