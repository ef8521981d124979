"""The tags of a reversal, against a parser of the whole of DE 55."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from messages.dialects.tlv import encode_ber, parse_ber
from switch.core.issuers import chip
from switch.core.issuers.chip import MOST_LAYOUTS, REVERSAL_TAGS, reversal_chip
from tests.switch.core.stage import FRAMES, Stage

_TAGS = st.sampled_from(["95", "9F10", "9F1E", "9F36", "DF31", "9F26", "9F37", "57", "5A", "70"])
_ITEM = st.tuples(_TAGS, st.binary(max_size=6)).map(
    lambda item: bytes.fromhex(item[0]) + bytes([len(item[1])]) + item[1]
)


@given(st.lists(_ITEM, max_size=8), st.sampled_from([b"", b"\x00", b"\xff\x00"]))
def test_the_layout_gives_what_the_parser_gives(items: list[bytes], filler: bytes) -> None:
    content = filler.join(items)
    found = {item.tag: item for item in parse_ber(content)}
    expected = encode_ber([found[tag] for tag in REVERSAL_TAGS if tag in found])
    assert reversal_chip(content.hex().upper()) == expected.hex().upper()


@given(st.binary(max_size=40))
def test_what_is_no_tlv_gives_nothing(content: bytes) -> None:
    taken = reversal_chip(content.hex().upper())
    assert taken == "" or taken in content.hex().upper() or len(taken) <= 2 * len(content)


def test_the_reversal_tags_of_the_worked_example() -> None:
    codec = Stage().codec
    whole = codec.decode(FRAMES["withdrawal"], 13).fields[55]
    taken = {item.tag: item.value for item in parse_ber(bytes.fromhex(reversal_chip(whole)))}
    told = codec.decode(FRAMES["reversal"], 13).fields[55]
    assert taken == {item.tag: item.value for item in parse_ber(bytes.fromhex(told))}


def test_layouts_that_strangers_choose_are_bounded() -> None:
    for size in range(MOST_LAYOUTS + 100):
        reversal_chip((b"\x9f\x26\x81" + bytes([size % 100]) + bytes(size)).hex())
    assert len(chip._layouts) <= MOST_LAYOUTS


def test_no_chip_gives_nothing() -> None:
    assert reversal_chip(None) == reversal_chip("") == ""
