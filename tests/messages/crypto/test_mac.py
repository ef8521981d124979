"""MACs: every worked example, psec as oracle, and what a changed byte does to a verdict."""

from __future__ import annotations

import re
import string
from functools import reduce
from operator import xor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psec.mac import generate_cbc_mac, generate_retail_mac

from messages.crypto.ciphers import Algorithm
from messages.crypto.keys import Mak
from messages.crypto.mac import (
    MAC_ALGORITHMS,
    MacAlgorithm,
    MacForm,
    Padding,
    fold,
    interbank_mab,
    make_mac,
)
from tests.golden import load

_GOLDEN: dict[str, Any] = load("crypto")
_KEY = bytes.fromhex(_GOLDEN["keys"]["mak_double"])
_MAB_START = 13
_psec_warns = pytest.mark.filterwarnings(
    "ignore::cryptography.utils.CryptographyDeprecationWarning"
)


def _key_for(name: str, key: bytes = _KEY) -> Mak:
    if name == "sm4-ecb":
        return Mak(key, Algorithm.SM4)
    return Mak(key[:8]) if name == "x9.9" else Mak(key)


_MACS: list[MacAlgorithm] = [make_mac(name, _key_for(name)) for name in MAC_ALGORITHMS]


def _mab_of(vector: dict[str, Any]) -> bytes:
    if "mab_of" in vector:
        named = vector["mab_of"]
        return _mab_of(next(other for other in _GOLDEN["macs"] if other["name"] == named))
    if "mab" in vector:
        return bytes.fromhex(vector["mab"])
    return bytes.fromhex(vector["frame"])[_MAB_START:-8]


@pytest.mark.parametrize("vector", _GOLDEN["macs"], ids=lambda vector: vector["name"])
def test_golden_macs_and_their_steps(vector: dict[str, Any]) -> None:
    name = vector["algorithm"]
    mac = make_mac(name, _key_for(name, bytes.fromhex(vector["key"])))
    mab = _mab_of(vector)
    expected = vector["mac"].encode()
    assert mac.compute(mab) == expected
    assert mac.verify(mab, expected)
    trace = mac.trace(mab)
    assert {step: trace[step] for step in vector["steps"]} == vector["steps"]
    assert trace["MAC"] == vector["mac"]
    if "frame" in vector:
        assert bytes.fromhex(vector["frame"])[-8:] == expected


@pytest.mark.parametrize("vector", _GOLDEN["interbank"], ids=lambda vector: vector["name"])
def test_golden_interbank_mabs_and_macs(vector: dict[str, Any]) -> None:
    mac = make_mac("x9.19", Mak.from_hex(vector["key"]))
    mab = interbank_mab(vector["elements"])
    assert mab.decode() == vector["mab"]
    assert mac.compute(mab).decode() == vector["mac"]
    if "block" in vector:
        raw = make_mac("x9.19", Mak.from_hex(vector["key"]), form=MacForm.RAW)
        assert raw.compute(mab).hex().upper() == vector["block"] == raw.trace(mab)["MAC"]


@_psec_warns
@given(st.binary(min_size=16, max_size=16), st.binary(max_size=300), st.sampled_from(Padding))
def test_x9_macs_equal_psec(key: bytes, mab: bytes, padding: Padding) -> None:
    padded = mab + b" " * (-len(mab) % 8) if padding is Padding.SPACE and mab else mab
    if padding is Padding.SPACE and not mab:
        padded = b" " * 8
    retail = make_mac("x9.19", Mak(key), padding=padding, form=MacForm.RAW)
    assert retail.compute(mab) == generate_retail_mac(key[:8], key[8:], padded, 1)
    single = make_mac("x9.9", Mak(key[:8]), padding=padding, form=MacForm.RAW)
    assert single.compute(mab) == generate_cbc_mac(key[:8], padded, 1)


@given(st.binary(max_size=2500), st.sampled_from((8, 16)))
def test_a_fold_is_the_xor_of_all_blocks(mab: bytes, size: int) -> None:
    padded = mab + bytes(-len(mab) % size)
    blocks = [int.from_bytes(padded[at : at + size]) for at in range(0, len(padded), size)]
    assert int.from_bytes(fold(mab, size)) == reduce(xor, blocks, 0)


@pytest.mark.parametrize("name", MAC_ALGORITHMS)
@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 15, 16, 17, 127, 128, 129, 1024, 1025, 65_536])
def test_padding_is_what_stands_in_its_place(name: str, length: int) -> None:
    mab, size = b"m" * length, _key_for(name).algorithm.block_size
    missing = -length % size if length else size
    for padding, byte in ((Padding.ZERO, b"\0"), (Padding.SPACE, b" ")):
        mac = make_mac(name, _key_for(name), padding=padding)
        assert mac.compute(mab) == _whole(name).compute(mab + byte * missing)
        assert mac.trace(mab)["MAC"].encode() == mac.compute(mab)


def _whole(name: str) -> MacAlgorithm:
    return next(mac for mac in _MACS if mac.name == name)


@given(st.sampled_from(_MACS), st.binary(min_size=1, max_size=300), st.data())
def test_a_flipped_bit_is_never_verified(
    mac: MacAlgorithm, mab: bytes, data: st.DataObject
) -> None:
    code = mac.compute(mab)
    assert mac.verify(mab, code)
    bit = data.draw(st.integers(0, len(mab) * 8 - 1))
    changed = bytearray(mab)
    changed[bit // 8] ^= 1 << bit % 8
    assert not mac.verify(changed, code)
    wrong = bytearray(code)
    wrong[bit % 8] ^= 1 << data.draw(st.integers(0, 7))
    assert not mac.verify(mab, wrong)
    assert not mac.verify(mab, code[:-1])
    assert not mac.verify(mab, code + b"0")


@given(st.sampled_from(_MACS), st.lists(st.binary(max_size=60), max_size=6))
def test_a_mac_object_remembers_nothing(mac: MacAlgorithm, mabs: list[bytes]) -> None:
    for mab in mabs:
        fresh = make_mac(mac.name, _key_for(mac.name))
        expected = fresh.compute(mab)
        assert mac.compute(memoryview(mab)) == expected
        assert mac.compute(bytearray(mab)) == expected
        assert re.fullmatch(rb"[0-9A-F]{8}", expected)


@pytest.mark.parametrize("name", ["pos-ecb", "x9.19"])
def test_a_key_with_equal_halves_is_single_des(name: str) -> None:
    mab, half = b"any text of some blocks", _KEY[:8]
    single = "x9.9" if name == "x9.19" else name
    assert make_mac(name, Mak(half * 2)).compute(mab) == make_mac(single, Mak(half)).compute(mab)


def test_the_raw_form_starts_with_the_bytes_of_the_hexadecimal_one() -> None:
    for mac in _MACS:
        raw = make_mac(mac.name, _key_for(mac.name), form=MacForm.RAW).compute(b"0200")
        assert len(raw) == 8
        assert raw[:4].hex().upper().encode() == mac.compute(b"0200")


@pytest.mark.parametrize(
    ("name", "mak"),
    [
        ("pos-ecb", Mak(_KEY, Algorithm.SM4)),
        ("x9.9", Mak(_KEY)),
        ("x9.19", Mak(_KEY[:8])),
        ("x9.19", Mak(_KEY, Algorithm.SM4)),
        ("sm4-ecb", Mak(_KEY)),
    ],
)
def test_a_key_of_another_kind_is_refused_by_name(name: str, mak: Mak) -> None:
    with pytest.raises(ValueError, match=f"^{name} takes a "):
        make_mac(name, mak)


def test_an_unknown_algorithm_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no MAC algorithm 'x9\.8'; known: pos-ecb, x9\.9, "):
        make_mac("x9.8", Mak(_KEY))


def test_a_mac_object_shows_no_key() -> None:
    for mac in _MACS:
        shown = repr(mac) + str(mac.trace(b"0200"))
        assert _KEY[:4].hex() not in shown.lower()


@pytest.mark.parametrize(
    ("elements", "mab"),
    [
        (["0200", " a,b. ", "x"], b"0200 A,B. X"),
        (["two   inner  spaces"], b"TWO INNER SPACES"),
        (["a", "", "  ", "b"], b"A B"),
        (["CQ 重庆 clinic"], b"CQ CLINIC"),
        (["\ufb01 \u00df \u0131", "1-2/3"], b"123"),
        (["tab\tand\nline"], b"TABANDLINE"),
        ([], b""),
    ],
)
def test_interbank_elements_are_cleaned(elements: list[str], mab: bytes) -> None:
    assert interbank_mab(elements) == mab


@given(st.lists(st.text(st.characters(codec="utf-8") | st.sampled_from("aZ9,. ")), max_size=8))
def test_interbank_cleaning_follows_the_rules_one_by_one(elements: list[str]) -> None:
    kept = string.ascii_uppercase + string.digits + ",. "
    cleaned = []
    for element in elements:
        upper = "".join(c.upper() if c in string.ascii_lowercase else c for c in element)
        text = re.sub(" +", " ", "".join(c for c in upper if c in kept)).strip(" ")
        if text:
            cleaned.append(text)
    assert interbank_mab(elements).decode() == " ".join(cleaned)
    assert interbank_mab([interbank_mab(elements).decode()]) == interbank_mab(elements)
