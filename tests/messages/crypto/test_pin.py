"""PIN blocks and track segments: golden blocks, psec as oracle, translation, refusals."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psec.pinblock import decode_pinblock_iso_0, encode_pinblock_iso_0

from messages.crypto.ciphers import Algorithm
from messages.crypto.keys import Pik, Tdk
from messages.crypto.pin import (
    PinBlockError,
    decode_pin_block,
    decrypt_track_segment,
    encode_pin_block,
    encrypt_track_segment,
    translate,
)
from tests.golden import load

_GOLDEN: dict[str, Any] = load("crypto")
_PIK = Pik.from_hex(_GOLDEN["keys"]["pik"])
_ZONE_PIK = Pik.from_hex(_GOLDEN["keys"]["zone_pik"])
_SM4_PIK = Pik.from_hex(_GOLDEN["keys"]["pik"], Algorithm.SM4)
_SINGLE_PIK = Pik.from_hex(_GOLDEN["keys"]["pik"][:16])
_TDK = Tdk.from_hex(_GOLDEN["keys"]["tdk"])
_PAN = "6219991234567890120"

_pins = st.text("0123456789", min_size=4, max_size=12)
_pans = st.text("0123456789", min_size=13, max_size=19)
_piks = st.sampled_from((_PIK, _ZONE_PIK, _SM4_PIK, _SINGLE_PIK))


@pytest.mark.parametrize("vector", _GOLDEN["pin_blocks"], ids=lambda vector: vector["clear"])
def test_golden_pin_blocks(vector: dict[str, str]) -> None:
    pik = Pik.from_hex(vector["pik"]) if "pik" in vector else _PIK
    block = encode_pin_block(vector["pin"], vector["pan"], pik)
    assert pik.cipher.decrypt(block).hex().upper() == vector["clear"]
    if "block" in vector:
        assert block.hex().upper() == vector["block"]
    assert decode_pin_block(block, vector["pan"], pik) == vector["pin"]


def test_the_golden_block_translates_to_the_key_of_the_bank() -> None:
    at_terminal, at_bank = (bytes.fromhex(vector["block"]) for vector in _GOLDEN["pin_blocks"][-2:])
    assert translate(at_terminal, _PIK, _ZONE_PIK, _PAN, _PAN) == at_bank


@given(_pins, _pans)
def test_clear_blocks_equal_psec(pin: str, pan: str) -> None:
    clear = encode_pinblock_iso_0(pin, pan)
    block = encode_pin_block(pin, pan, _PIK)
    assert _PIK.cipher.decrypt(block) == clear
    assert decode_pin_block(block, pan, _PIK) == decode_pinblock_iso_0(clear, pan)


@given(_pins, _piks, _piks, st.none() | _pans, st.none() | _pans)
def test_a_translation_equals_the_block_made_directly(
    pin: str, from_pik: Pik, to_pik: Pik, from_pan: str | None, to_pan: str | None
) -> None:
    block = encode_pin_block(pin, from_pan, from_pik)
    translated = translate(block, from_pik, to_pik, from_pan, to_pan)
    assert translated == encode_pin_block(pin, to_pan, to_pik)
    assert decode_pin_block(translated, to_pan, to_pik) == pin
    assert translate(translated, to_pik, from_pik, to_pan, from_pan) == block


def test_the_forms_without_pan_and_with_sm4_are_what_they_say() -> None:
    without_pan = _PIK.cipher.decrypt(encode_pin_block("123456", None, _PIK))
    assert without_pan.hex().upper() == "06123456FFFFFFFF"
    wide = _SM4_PIK.cipher.decrypt(encode_pin_block("123456", None, _SM4_PIK))
    assert wide.hex().upper() == "06123456" + "F" * 24
    bound = _SM4_PIK.cipher.decrypt(encode_pin_block("123456", _PAN, _SM4_PIK))
    assert bound.hex().upper() == "06123456" + "F" * 12 + "EDCBA9876FED"


@pytest.mark.parametrize(
    ("clear", "reason"),
    [
        ("16123456FFFFFFFF", "control nibble"),
        ("03123FFFFFFFFFFF", "length is not 4 to 12"),
        ("0D1234567890123F", "length is not 4 to 12"),
        ("0612345AFFFFFFFF", "not a digit"),
        ("05123AFFFFFFFFFF", "not a digit"),
        ("0512345EFFFFFFFF", "fill"),
        ("06123456FFFFFFF0", "fill"),
        ("0612345600000000", "fill"),
    ],
)
def test_a_block_that_is_no_format_0_is_refused_with_its_reason(clear: str, reason: str) -> None:
    for pik in (_PIK, _SM4_PIK):
        field = bytes.fromhex(clear).ljust(pik.cipher.block_size, b"\xff")
        block = pik.cipher.encrypt(field)
        with pytest.raises(PinBlockError, match=reason) as caught:
            decode_pin_block(block, None, pik)
        with pytest.raises(PinBlockError, match=reason):
            translate(block, pik, _ZONE_PIK, None, None)
        assert "12345" not in str(caught.value)
        assert reason in caught.value.reason


@pytest.mark.parametrize("length", range(4, 13))
def test_every_nibble_of_a_field_is_proved(length: int) -> None:
    perfect = f"0{length:X}" + "7" * length + "F" * (14 - length)
    for place in range(2, 16):
        for nibble in "0123456789ABCDEF":
            field = perfect[:place] + nibble + perfect[place + 1 :]
            block = _PIK.cipher.encrypt(bytes.fromhex(field))
            is_pin = nibble.isdigit() if place < length + 2 else nibble == "F"
            if is_pin:
                assert decode_pin_block(block, None, _PIK) == field[2 : length + 2]
            else:
                with pytest.raises(PinBlockError):
                    decode_pin_block(block, None, _PIK)


def test_another_pan_is_noticed_by_the_fill() -> None:
    block = encode_pin_block("123456", _PAN, _PIK)
    with pytest.raises(PinBlockError, match="fill"):
        decode_pin_block(block, "6219991234567891120", _PIK)


@pytest.mark.parametrize("length", [0, 7, 9, 16])
def test_a_block_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(PinBlockError, match=f"{length} bytes, not 8"):
        translate(bytes(length), _PIK, _ZONE_PIK, _PAN, _PAN)


@pytest.mark.parametrize(
    "pin",
    [
        "",
        "123",
        "1234567890123",
        "12a4",
        "\uff11\uff12\uff13\uff14",
        "\u00b2\u00b2\u00b2\u00b2",
        "12 4",
    ],
)
def test_a_pin_is_4_to_12_ascii_digits(pin: str) -> None:
    with pytest.raises(PinBlockError, match="4 to 12 digits"):
        encode_pin_block(pin, _PAN, _PIK)


@pytest.mark.parametrize(
    "pan", ["", "621999123456", "62199912345678901_0", "621999123456\u00b2\u00b2\u00b2"]
)
def test_a_pan_that_cannot_bind_is_refused_and_not_quoted(pan: str) -> None:
    for attempt in (
        lambda: encode_pin_block("123456", pan, _PIK),
        lambda: decode_pin_block(bytes(8), pan, _PIK),
        lambda: translate(bytes(8), _PIK, _ZONE_PIK, pan, _PAN),
    ):
        with pytest.raises(PinBlockError, match="PAN") as caught:
            attempt()
        assert "621999" not in str(caught.value)


def test_the_golden_track_segment() -> None:
    golden = _GOLDEN["track"]
    track = bytes.fromhex(golden["clear"])
    encrypted = encrypt_track_segment(track, _TDK)
    assert track[9:17].hex().upper() == golden["clear_segment"]
    assert encrypted[9:17].hex().upper() == golden["encrypted_segment"]
    assert (encrypted[:9], encrypted[17:]) == (track[:9], track[17:])


@given(st.binary(min_size=9, max_size=52))
def test_a_track_comes_back_from_its_encryption(track: bytes) -> None:
    encrypted = encrypt_track_segment(track, _TDK)
    assert len(encrypted) == len(track)
    assert decrypt_track_segment(encrypted, _TDK) == track


def test_a_short_track_and_an_sm4_key_are_refused() -> None:
    for track, tdk in ((bytes(8), _TDK), (bytes(18), Tdk(bytes(16), Algorithm.SM4))):
        with pytest.raises(ValueError, match="at least 9 bytes"):
            encrypt_track_segment(track, tdk)
        with pytest.raises(ValueError, match="at least 9 bytes"):
            decrypt_track_segment(track, tdk)
