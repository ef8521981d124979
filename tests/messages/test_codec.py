"""The codec against golden frames, broken frames and its own inverse."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from messages.codec import Codec
from messages.dialects.loader import load_dialect, packaged_names
from messages.errors import DecodeError, EncodeError
from tests import golden

MESSAGES: list[dict[str, Any]] = golden.load("messages")["messages"]
CODECS = {name: Codec(load_dialect(name)) for name in packaged_names()}
WITHDRAWAL = bytes.fromhex(next(m["frame"] for m in MESSAGES if m["name"] == "withdrawal"))
BASE = 13
PAN = "6219991234567890120"


def base_of(name: str) -> int:
    frame = load_dialect(name).frame
    return frame.length_bytes + frame.head_size


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: str(m["name"]))
def test_golden_frame_decodes_to_the_written_fields_and_encodes_to_the_same_bytes(
    message: dict[str, Any],
) -> None:
    codec, frame = CODECS[message["dialect"]], bytes.fromhex(message["frame"])
    base = base_of(message["dialect"])
    decoded = codec.decode(frame, base)
    assert decoded.mti == message["mti"]
    assert {str(n): text for n, text in decoded.fields.items()} == message["fields"]
    assert codec.encode(decoded.mti, decoded.fields) == frame[base:]


def test_raw_content_wins_over_the_text_and_keeps_an_odd_pad() -> None:
    frame = bytearray(WITHDRAWAL)
    frame[33] |= 0x0F  # DE 2 has 19 digits: its last half byte is a pad
    message = CODECS["pos"].decode(bytes(frame), BASE)
    assert message.odd_pads == (2,)
    assert message.fields[2] == PAN
    assert CODECS["pos"].encode(message.mti, message.fields) == WITHDRAWAL[BASE:]
    whole = CODECS["pos"].encode(message.mti, message.fields, raw=message.raw)
    assert whole == bytes(frame[BASE:])


def test_pad_nibble_of_a_fixed_field_is_tolerated_on_its_own_side() -> None:
    frame = bytearray(WITHDRAWAL)
    frame[49] |= 0x07  # DE 22 is padded on the right
    message = CODECS["pos"].decode(bytes(frame), BASE)
    assert (message.fields[22], message.odd_pads) == ("051", (22,))


@pytest.mark.parametrize("end", range(BASE, len(WITHDRAWAL)))
def test_every_truncation_is_refused_with_a_place(end: int) -> None:
    with pytest.raises(DecodeError) as caught:
        CODECS["pos"].decode(WITHDRAWAL[:end], BASE)
    assert BASE <= caught.value.offset <= end
    assert PAN not in str(caught.value)


def test_fields_before_the_failure_are_kept() -> None:
    with pytest.raises(DecodeError) as caught:
        CODECS["pos"].decode(WITHDRAWAL[:100], BASE)
    assert caught.value.field == "52"
    assert caught.value.decoded["3"] == "010000"
    assert "55" not in caught.value.decoded


@pytest.mark.parametrize(
    ("offset", "value", "field", "reason"),
    [
        (BASE, 0xA2, "mti", "is not 4 digits"),
        (BASE + 2, 0xF0, "bitmap", "bit 1 is set, the dialect has 64 fields"),
        (BASE + 2, 0x78, "5", "the bitmap announces a field that the dialect does not have"),
        (BASE + 10, 0x20, "2", "Field data is 20 nibbles, larger than maximum 19"),
        (BASE + 10, 0x1A, "2", "the length prefix is not made of digits"),
        (BASE + 21, 0xF1, "3", "holds other characters than digits 0-9"),
    ],
)
def test_a_broken_byte_names_field_offset_and_reason(
    offset: int, value: int, field: str, reason: str
) -> None:
    frame = bytearray(WITHDRAWAL)
    frame[offset] = value
    with pytest.raises(DecodeError) as caught:
        CODECS["pos"].decode(bytes(frame), BASE)
    assert (caught.value.field, caught.value.reason) == (field, reason)


def test_trailing_bytes_are_counted() -> None:
    with pytest.raises(DecodeError, match=r"F64 at byte 279: 3 bytes follow the last field"):
        CODECS["pos"].decode(WITHDRAWAL + b"\0\0\0", BASE)


def test_bytes_after_an_odd_last_field_are_not_taken_for_its_pad() -> None:
    body = CODECS["pos"].encode("0820", {41: "50010001", 60: "00000002301"})
    with pytest.raises(DecodeError, match="1 bytes follow the last field") as caught:
        CODECS["pos"].decode(body + b"\0")
    assert caught.value.field == "60"


@pytest.mark.parametrize("prefix", [b"+8", b" 8", b"-1", b"8_", b"\xd9\xa8"])
def test_text_prefix_takes_digits_only(prefix: bytes) -> None:
    frame = next(m["frame"] for m in MESSAGES if m["name"] == "interbank-sign-on")
    body = bytearray(bytes.fromhex(frame)[50:])
    at = body.index(b"0899900000")
    body[at : at + 2] = prefix
    with pytest.raises(DecodeError) as caught:
        CODECS["interbank"].decode(bytes(body))
    assert caught.value.field == "33"


def test_chinese_text_crosses_in_gbk() -> None:
    codec = CODECS["interbank"]
    body = codec.encode("0200", {43: "重庆市巫溪县上磺镇卫生院".ljust(28)})
    assert codec.decode(body).fields[43].rstrip() == "重庆市巫溪县上磺镇卫生院"
    with pytest.raises(EncodeError, match="F43"):
        codec.encode("0200", {43: "\U0001f3e5".ljust(39)})


@pytest.mark.parametrize(
    ("mti", "fields", "field"),
    [
        ("02x0", {}, "mti"),
        ("0200", {5: "1"}, "5"),
        ("0200", {4: "12"}, "4"),
        ("0200", {4: "00000000050x"}, "4"),
        ("0200", {2: "1" * 20}, "2"),
        ("0200", {52: "0"}, "52"),
        ("0200", {64: "abcdefgh"}, "64"),
        ("0200", {35: PAN + "?"}, "35"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name_and_never_quoted(
    mti: str, fields: dict[int, str], field: str
) -> None:
    with pytest.raises(EncodeError) as caught:
        CODECS["pos"].encode(mti, fields)
    assert caught.value.field == field
    assert PAN not in str(caught.value)


def test_second_bitmap_can_be_asked_for_without_a_field_in_it() -> None:
    body = CODECS["interbank"].encode("0820", {11: "000001"}, bitmap="8" + "0" * 31)
    message = CODECS["interbank"].decode(body)
    assert len(message.bitmap) == 32
    assert CODECS["interbank"].encode("0820", message.fields, bitmap=message.bitmap) == body


def test_letters_of_a_text_bitmap_keep_their_case() -> None:
    codec = CODECS["iso87-ascii"]
    body = codec.encode("0200", {3: "010000", 11: "000001", 41: "50010001"})
    lower = body[:4] + body[4:20].lower() + body[20:]
    message = codec.decode(lower)
    assert codec.encode(message.mti, message.fields, bitmap=message.bitmap) == lower


@pytest.mark.parametrize("blank", [" ", "\t", "\n"])
def test_blanks_in_a_text_bitmap_are_refused(blank: str) -> None:
    body = f"0200{blank}20000000000000{blank}010000".encode()
    with pytest.raises(DecodeError) as caught:
        CODECS["iso87-ascii"].decode(body)
    assert caught.value.field == "bitmap"


@given(data=st.binary(max_size=400), name=st.sampled_from(packaged_names()))
@example(data=b"", name="pos")
def test_arbitrary_bytes_raise_only_decode_error(data: bytes, name: str) -> None:
    try:
        message = CODECS[name].decode(data)
    except DecodeError:
        return
    whole = CODECS[name].encode(message.mti, message.fields, raw=message.raw, bitmap=message.bitmap)
    assert whole == data


@given(
    changes=st.dictionaries(
        st.integers(BASE, len(WITHDRAWAL) - 1), st.integers(0, 255), min_size=1, max_size=4
    )
)
def test_a_mutated_frame_is_refused_or_comes_back_byte_for_byte(changes: dict[int, int]) -> None:
    frame = bytearray(WITHDRAWAL)
    for offset, value in changes.items():
        frame[offset] = value
    codec = CODECS["pos"]
    try:
        message = codec.decode(bytes(frame), BASE)
    except DecodeError:
        return
    body = codec.encode(message.mti, message.fields, raw=message.raw, bitmap=message.bitmap)
    assert body == bytes(frame[BASE:])
