"""Tag-length-value content: byte-exact both ways, and refusals with a place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.dialects.tlv import (
    DEEPEST,
    MOST_ITEMS,
    Tlv,
    TlvError,
    ber_item,
    encode_ber,
    encode_text,
    parse_ber,
    parse_text,
    text_item,
)


def ber(text: str) -> tuple[Tlv, ...]:
    return parse_ber(bytes.fromhex(text))


tags = st.sampled_from(["9F26", "95", "5A", "71", "72", "DF31", "9F8101", "82"])
values = st.binary(max_size=300)


@given(st.binary(max_size=200))
def test_whatever_reads_as_ber_is_written_back_to_the_same_bytes(content: bytes) -> None:
    try:
        items = parse_ber(content)
    except TlvError:
        return
    assert encode_ber(items) == content


@given(st.lists(st.tuples(tags, values, st.sampled_from([b"", b"\x00", b"\xff\x00"])), max_size=8))
def test_tags_repeat_and_fillers_stay_where_they_are(
    made: list[tuple[str, bytes, bytes]],
) -> None:
    content = b"".join(filler + encode_ber([ber_item(tag, value)]) for tag, value, filler in made)
    items = parse_ber(content + b"\x00")
    assert [(i.tag, i.value) for i in items if not i.is_filler] == [(t, v) for t, v, _ in made]
    assert encode_ber(items) == content + b"\x00"
    assert all(content[i.offset : i.offset + len(i.value)] == i.value for i in items[:-1])


@given(st.binary(max_size=200), st.integers(1, 4), st.integers(1, 4))
def test_whatever_reads_as_text_tlv_is_written_back_to_the_same_bytes(
    content: bytes, tag_size: int, length_size: int
) -> None:
    try:
        items = parse_text(content, tag_size, length_size)
    except TlvError:
        return
    assert encode_text(items) == content


@given(st.lists(st.tuples(st.sampled_from(["S1", "S2", "zz"]), values), max_size=8))
def test_text_items_are_read_as_they_were_made(made: list[tuple[str, bytes]]) -> None:
    items = parse_text(encode_text([text_item(tag, value, 3) for tag, value in made]), 2, 3)
    assert [(item.tag, item.value) for item in items] == made


def test_long_lengths_keep_the_form_they_came_in() -> None:
    items = ber("95820001AA" + "8281810" + "0" * 3 + "0" * 254)
    assert [(item.tag, item.length.hex(), len(item.value)) for item in items] == [
        ("95", "820001", 1),
        ("82", "8181", 129),
    ]


def test_constructed_tag_holds_its_tags_at_their_places_in_the_whole() -> None:
    (script,) = ber("710B9F18040000000186028416")
    assert [(c.tag, c.value.hex(), c.offset) for c in script.children] == [
        ("9F18", "00000001", 5),
        ("86", "8416", 11),
    ]
    assert not script.opaque


def test_constructed_tag_that_holds_no_tags_is_kept_as_it_is() -> None:
    script, counter = ber("7103860784" + "9F360102")
    assert (script.value.hex(), script.opaque, script.children) == ("860784", True, ())
    assert (counter.opaque, counter.children) == (False, ())


def test_tags_nested_too_deep_are_kept_as_they_are() -> None:
    content = b"\x95\x00"
    for _ in range(DEEPEST + 2):
        content = encode_ber([ber_item("71", content)])
    items = parse_ber(content)
    assert encode_ber(items) == content
    depth = 0
    while items[0].children:
        items, depth = items[0].children, depth + 1
    assert items[0].opaque
    assert depth == DEEPEST - 1


@pytest.mark.parametrize(
    ("content", "offset", "reason"),
    [
        ("9F", 0, "a tag is cut off"),
        ("9501AA9F81", 3, "a tag is cut off"),
        ("9F818181810100", 0, "more than 4 bytes"),
        ("95", 1, "the length of a tag is missing"),
        ("9580", 1, "of no use here"),
        ("9583000001AA", 1, "of no use here"),
        ("9581009582FF", 4, "the length of a tag is cut off"),
        ("9505AA", 0, "announces 5 bytes, 1 are left"),
        ("9582FFFFAA", 0, "announces 65535 bytes, 1 are left"),
    ],
)
def test_broken_ber_is_refused_at_its_byte(content: str, offset: int, reason: str) -> None:
    with pytest.raises(TlvError) as caught:
        ber(content)
    assert caught.value.offset == offset
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("content", "offset", "reason"),
    [
        (b"S1", 0, "take 5 bytes, 2 left"),
        (b"S10", 0, "take 5 bytes, 3 left"),
        (b"S1003QRYS-001x", 8, "not made of letters and digits"),
        (b"S1x03QRY", 2, "not made of digits"),
        (b"S1004QRY", 0, "announces 4 bytes, 3 are left"),
        (b"S1000" * (MOST_ITEMS + 1), 5 * MOST_ITEMS, "more than 512 tags"),
    ],
)
def test_broken_text_tlv_is_refused_at_its_byte(content: bytes, offset: int, reason: str) -> None:
    with pytest.raises(TlvError) as caught:
        parse_text(content, 2, 3)
    assert (caught.value.offset, reason in caught.value.reason) == (offset, True)


def test_more_tags_than_a_field_can_need_are_refused() -> None:
    assert len(parse_ber(b"\x95\x00" * MOST_ITEMS)) == MOST_ITEMS
    with pytest.raises(TlvError, match="more than 512 tags"):
        parse_ber(b"\x95\x00" * (MOST_ITEMS + 1))


@pytest.mark.parametrize(
    ("size", "length"), [(0, "00"), (127, "7f"), (128, "8180"), (255, "81ff"), (256, "820100")]
)
def test_new_items_have_the_shortest_length(size: int, length: str) -> None:
    assert ber_item("95", bytes(size)).length.hex() == length


def test_items_too_long_for_their_length_are_refused() -> None:
    with pytest.raises(TlvError, match="too many"):
        ber_item("95", bytes(65_536))
    with pytest.raises(TlvError, match="length of 2 digits"):
        text_item("S1", bytes(100), 2)


def test_no_value_is_in_a_repr_or_an_error() -> None:
    content = bytes.fromhex("5A0A6219991234567890120F")
    assert "6219" not in repr(parse_ber(content))
    with pytest.raises(TlvError) as caught:
        parse_ber(content[:-1])
    assert "6219" not in str(caught.value)
