"""Keys: check values, components, wrapping, the layouts of field 62, and what they never show."""

from __future__ import annotations

import json
import pickle
from copy import copy, deepcopy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.crypto.ciphers import Algorithm
from messages.crypto.keys import (
    Key,
    KeyCheckError,
    KeyEncryptingKey,
    KeyLayout,
    Mak,
    Pik,
    Tdk,
    Tmk,
    WorkingKeys,
    Zmk,
    unwrap_field_62,
    wrap_field_62,
)
from tests.golden import load

_GOLDEN: dict[str, Any] = load("crypto")
_KEYS: dict[str, str] = _GOLDEN["keys"]
_TMK = Tmk.from_hex(_KEYS["tmk"])
_PIK = Pik.from_hex(_KEYS["pik"])
_MAK = Mak.from_hex(_KEYS["mak"])
_TDK = Tdk.from_hex(_KEYS["tdk"])
_ROLES: tuple[type[Key], ...] = (Tmk, Zmk, Pik, Mak, Tdk)

_single = st.binary(min_size=8, max_size=8)
_double = st.binary(min_size=16, max_size=16)


@pytest.mark.parametrize("vector", _GOLDEN["check_values"], ids=lambda vector: vector["key"])
def test_check_values_and_wrapped_keys_equal_the_golden_ones(vector: dict[str, str]) -> None:
    kind = {"tmk": Tmk, "pik": Pik, "mak": Mak, "tdk": Tdk}[vector["key"]]
    key = kind.from_hex(_KEYS[vector["key"]])
    assert key.kcv().hex().upper() == vector["kcv"]
    assert key.has_odd_parity()
    if "wrapped" in vector:
        assert isinstance(key, Pik | Mak | Tdk)
        assert _TMK.wrap(key).hex().upper() == vector["wrapped"]
        assert _TMK.unwrap(type(key), bytes.fromhex(vector["wrapped"])) == key


def test_the_public_key_chain_gives_its_mac_key() -> None:
    chain = _GOLDEN["public_chain"]
    mak = Tmk.from_hex(chain["tmk"]).unwrap(Mak, bytes.fromhex(chain["wrapped_mak"]))
    assert mak == Mak.from_hex(chain["mak"])


@pytest.mark.parametrize(("name", "tdk"), [("double", None), ("with_track", _TDK)])
def test_field_62_of_the_sign_on_example_holds_the_project_keys(name: str, tdk: Tdk | None) -> None:
    content = bytes.fromhex(_GOLDEN["field_62"][name])
    assert unwrap_field_62(_TMK, content) == WorkingKeys(_PIK, _MAK, tdk)
    assert wrap_field_62(_TMK, _PIK, _MAK, tdk) == content


@given(_single, _double, _single, _double, _double)
def test_every_layout_comes_back_as_it_went(
    pik8: bytes, pik16: bytes, mak8: bytes, mak16: bytes, tdk16: bytes
) -> None:
    cases = [
        (Pik(pik8), Mak(mak8), None, KeyLayout.SINGLE),
        (Pik(pik16), Mak(mak8), None, KeyLayout.DOUBLE),
        (Pik(pik16), Mak(mak16), None, KeyLayout.DOUBLE),
        (Pik(pik16), Mak(mak8), Tdk(tdk16), KeyLayout.DOUBLE_WITH_TRACK),
        (Pik(pik16), Mak(mak16), Tdk(tdk16), KeyLayout.DOUBLE_WITH_TRACK),
    ]
    for pik, mak, tdk, layout in cases:
        content = wrap_field_62(_TMK, pik, mak, tdk)
        assert len(content) == layout
        assert content == wrap_field_62(_TMK, pik, mak, tdk, layout)
        assert unwrap_field_62(_TMK, content) == WorkingKeys(pik, mak, tdk)


def test_sm4_keys_travel_under_an_sm4_master_key() -> None:
    sm4 = Algorithm.SM4
    pik, mak = Pik.from_hex(_KEYS["pik"], sm4), Mak.from_hex(_KEYS["mak_double"], sm4)
    tmk = Tmk.from_hex(_KEYS["tmk"], sm4)
    assert unwrap_field_62(tmk, wrap_field_62(tmk, pik, mak)) == WorkingKeys(pik, mak)
    with pytest.raises(ValueError, match="does not wrap"):
        tmk.wrap(_PIK)


@given(st.integers(0, 59), st.integers(0, 7))
def test_any_flipped_bit_of_field_62_is_noticed(byte: int, bit: int) -> None:
    content = bytearray.fromhex(_GOLDEN["field_62"]["with_track"])
    content[byte] ^= 1 << bit
    with pytest.raises(KeyCheckError) as caught:
        unwrap_field_62(_TMK, bytes(content))
    assert caught.value.which == (("PIK", "MAK", "TDK")[byte // 20],)


def test_a_wrong_master_key_is_reported_for_all_keys() -> None:
    content = bytes.fromhex(_GOLDEN["field_62"]["with_track"])
    with pytest.raises(KeyCheckError, match="PIK, MAK, TDK"):
        unwrap_field_62(Tmk.from_hex(_KEYS["mak_double"]), content)


@pytest.mark.parametrize("length", [0, 20, 56, 84])
def test_other_lengths_of_field_62_are_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"24, 40, 60 bytes, not {length}"):
        unwrap_field_62(_TMK, bytes(length))


@pytest.mark.parametrize(
    ("pik", "mak", "tdk", "layout"),
    [
        (_PIK, _MAK, _TDK, KeyLayout.DOUBLE),
        (_PIK, _MAK, None, KeyLayout.DOUBLE_WITH_TRACK),
        (_PIK, _MAK, None, KeyLayout.SINGLE),
        (Pik(bytes(8)), _MAK, None, KeyLayout.DOUBLE),
        (Pik(bytes(8)), Mak(bytes(16)), None, KeyLayout.SINGLE),
        (_PIK, _MAK, Tdk(bytes(8)), None),
    ],
)
def test_keys_that_do_not_fit_a_layout_are_refused(
    pik: Pik, mak: Mak, tdk: Tdk | None, layout: KeyLayout | None
) -> None:
    with pytest.raises(ValueError, match=r"does not fit|belongs in"):
        wrap_field_62(_TMK, pik, mak, tdk, layout)


@given(_double, st.lists(_double, min_size=1, max_size=2))
def test_components_xor_to_the_key(key: bytes, others: list[bytes]) -> None:
    last = key
    for other in others:
        last = bytes(a ^ b for a, b in zip(last, other, strict=True))
    parts = [part.hex() for part in (*others, last)]
    if any(key):
        assert Tmk.from_components(parts) == Tmk(key)
    else:
        with pytest.raises(ValueError, match="cancel"):
            Tmk.from_components(parts)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (["00" * 16], "two or three"),
        (["11" * 16] * 4, "two or three"),
        (["11" * 16, "22" * 8], "one length"),
        (["11" * 16, "11" * 16], "cancel"),
        (["11" * 16, "zz" * 16], "hexadecimal"),
    ],
)
def test_wrong_components_are_refused(parts: list[str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Zmk.from_components(parts)


@given(st.sampled_from(Algorithm), st.binary(max_size=33))
def test_only_the_lengths_of_an_algorithm_are_taken(algorithm: Algorithm, key: bytes) -> None:
    if len(key) in algorithm.key_sizes:
        assert Pik(key, algorithm).length == len(key)
    else:
        with pytest.raises(ValueError, match=f"not {len(key)}"):
            Pik(key, algorithm)


def test_parity_is_asked_but_never_enforced() -> None:
    assert not Mak(bytes(8)).has_odd_parity()
    assert Mak(b"\x01" * 8).has_odd_parity()


@given(st.sampled_from(_ROLES), st.sampled_from(Algorithm), _double)
def test_no_text_of_a_key_holds_its_bytes(
    kind: type[Key], algorithm: Algorithm, value: bytes
) -> None:
    key = kind(value, algorithm)
    kcv = key.kcv().hex().upper()
    expected = f"{kind.__name__}({algorithm}, 16 bytes, KCV {kcv})"
    shown = [repr(key), str(key), f"{key}", repr([key]), f"{key!s:s}"]
    assert set(shown) == {expected, f"[{expected}]"}
    assert kind.role in repr(key).upper()


@pytest.mark.parametrize("kind", _ROLES)
def test_no_error_about_a_key_holds_its_bytes(kind: type[Key]) -> None:
    secret = "5EC0DE" * 6
    for attempt in (secret, secret + "5", secret + "xx", " ".join(secret)):
        with pytest.raises(ValueError, match="key") as caught:
            kind.from_hex(f"{attempt}Q")
        assert "5EC0DE" not in str(caught.value)
    with pytest.raises(ValueError, match="bytes") as caught:
        kind.from_hex(secret)
    assert "5EC0DE" not in str(caught.value).upper()


def test_a_key_is_not_serialized_and_not_changed() -> None:
    encoders = (pickle.dumps, json.dumps, msgspec.json.encode, msgspec.msgpack.encode)
    for encode in encoders:
        for holder in (_PIK, WorkingKeys(_PIK, _MAK)):
            with pytest.raises(TypeError):
                encode(holder)
    with pytest.raises(AttributeError, match="immutable"):
        _PIK.algorithm = Algorithm.SM4
    with pytest.raises(AttributeError, match="immutable"):
        del _PIK.algorithm
    assert copy(_PIK) is _PIK
    assert deepcopy(_PIK) is _PIK


def test_keys_are_equal_by_role_algorithm_and_value() -> None:
    value = bytes.fromhex(_KEYS["pik"])
    again = Pik(value)
    assert again == _PIK
    assert hash(again) == hash(_PIK)
    others: list[object] = [Mak(value), Pik(value, Algorithm.SM4), Pik(bytes(16)), value]
    assert _PIK not in others
    assert isinstance(_TMK, KeyEncryptingKey)
    assert again.reveal() == value
