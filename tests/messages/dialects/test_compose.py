"""Field texts from the texts of their parts: the way back from `divide`."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from messages.codec import Codec
from messages.dialects.compose import compose
from messages.dialects.loader import load_dialect
from messages.dialects.subfields import SubField, divide, leaves
from messages.errors import EncodeError
from tests import golden

MESSAGES: list[dict[str, Any]] = golden.load("messages")["messages"]
POS, COMPOSITE, INTERBANK = (load_dialect(n) for n in ("pos", "composite", "interbank"))


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: str(m["name"]))
def test_parts_of_a_golden_message_compose_to_the_same_field(message: dict[str, Any]) -> None:
    dialect = load_dialect(message["dialect"])
    base = dialect.frame.length_bytes + dialect.frame.head_size
    decoded = Codec(dialect).decode(bytes.fromhex(message["frame"]), base)
    divisions = divide(dialect, decoded.fields, decoded.raw, decoded.mti)
    for number, parts in divisions.items():
        values = {leaf.path: leaf.text for leaf in leaves(parts)}
        assert compose(dialect, number, values) == decoded.fields[number]


def test_whole_parts_and_their_own_parts_compose_alike() -> None:
    inner = {f"60.2.{n}": text for n, text in enumerate("0510", 1)}
    inner |= {"60.2.5": "03", "60.2.6": "0", "60.2.7": "0", "60.2.8": "00", "60.2.9": "0"}
    one = compose(INTERBANK, 60, {"60.1": "0000", **inner})
    assert one == compose(INTERBANK, 60, {"60.1": "0000", "60.2": "05100300000"})
    assert one == "000005100300000"


def test_groups_are_composed_in_their_order() -> None:
    group = ("10", "02", "156", "C", "000000120000")
    values = {f"54[{i}].{n}": text for i in (2, 1) for n, text in enumerate(group, 1)}
    assert compose(POS, 54, values) == "".join(group) * 2


def test_social_services_compose_to_text_that_divides_again() -> None:
    values = {"62.S1": "PAY", "62.S3": "310", "62.S7": "缴费成功"}
    text = compose(COMPOSITE, 62, values)
    raw = {62: bytes.fromhex(text), 60: b""}
    divisions = divide(COMPOSITE, {60: "76000002000", 62: text}, raw, "0200")
    assert {part.path: part.text for part in divisions[62]} == values


def test_long_chip_tags_get_a_long_length() -> None:
    text = compose(POS, 55, {"55.72": "86" + "8180" + "AA" * 128, "55.91": "0011"})
    assert text.startswith("728183868180AA")
    raw = {55: bytes.fromhex(text)}
    found: tuple[SubField, ...] = divide(POS, {55: text}, raw, "0210")[55]
    assert [part.path for part in leaves(found)] == ["55.72.86", "55.91"]


@pytest.mark.parametrize(
    ("number", "values", "place", "reason"),
    [
        (60, {"60.1": "7"}, "60.1", "has 1 units, not 2"),
        (60, {"60.2": "000002"}, "60.1", "is missing before"),
        (60, {"60.1": "70", "60.3": "000"}, "60.2", "is missing before"),
        (60, {"60.99": "0"}, "60", "no layout has these parts"),
        (54, {"54[2].1": "10"}, "54[2].1", "has no place"),
        (54, {"54[1].1": "10"}, "54[1]", "lacks the last"),
        (55, {"55.95": "XY"}, "55.95", "hexadecimal"),
        (55, {"55.DF7A": "00"}, "55", "no layout has these parts"),
        (59, {"59.A2": "x" * 1000}, "59.A2", "too many for a length of 3 digits"),
        (59, {"59.A2": "\u20ac\U0001f600"}, "59.A2", "GBK does not have"),
    ],
)
def test_parts_that_do_not_fit_are_refused_by_name(
    number: int, values: dict[str, str], place: str, reason: str
) -> None:
    with pytest.raises(EncodeError) as caught:
        compose(POS, number, values)
    assert (caught.value.field, reason in caught.value.reason) == (place, True)


def test_tags_of_a_text_field_have_to_fit_its_characters() -> None:
    tags = msgspec.structs.replace(POS.layouts[59][0], field=41)
    dialect = msgspec.structs.replace(POS, layouts={41: (tags,)})
    assert compose(dialect, 41, {"41.A2": "abc"}) == "A2003abc"
    with pytest.raises(EncodeError, match="F41: holds a character that ASCII does not have"):
        compose(dialect, 41, {"41.A2": "卡"})


def test_layout_can_be_chosen_by_name() -> None:
    assert compose(POS, 63, {"63.1": "CUP"}, "scheme-and-remarks") == "CUP"
    with pytest.raises(EncodeError):
        compose(POS, 63, {"63.1": "CUP"}, "no-such-layout")
