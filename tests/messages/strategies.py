"""Hypothesis strategies: valid messages of any dialect, made from dialect data alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

import msgspec
from hypothesis import strategies as st

from messages.codec import Codec
from messages.dialects.dialect import Dialect, Field, Words
from messages.dialects.loader import load_dialect, packaged_names
from messages.masking import Mask

MAX_FIELDS: Final = 24
"""Fields of a generated message: more than most real ones have, few enough to be quick."""

_DIGITS: Final = "0123456789"
_HEX: Final = "0123456789ABCDEF"
_ASCII: Final = "".join(map(chr, range(0x20, 0x7F)))
_CHINESE: Final = "重庆市民卡社保缴费余额不足请联系发卡行"


def odd_dialect() -> Dialect:
    """Return a dialect with the forms that no packaged one has: prefixes, units, pads."""
    forms: list[dict[str, object]] = [
        {"form": "bcd", "type": "n", "limit": 9, "prefix_digits": 2, "pad_left": True},
        {"form": "bcd", "type": "n", "limit": 5, "pad_left": True, "pad_digit": "F"},
        {"form": "bcd", "type": "n", "limit": 6},
        {"form": "bcd", "type": "n", "limit": 7, "pad_digit": "F"},
        {"form": "bcd", "type": "n", "limit": 7, "prefix_digits": 2, "pad_digit": "F"},
        {"form": "bcd", "type": "n", "limit": 4, "unit": "bytes"},
        {"form": "bcd", "type": "n", "limit": 40, "prefix_digits": 2, "unit": "bytes"},
        {"form": "bcd", "type": "z", "limit": 37, "prefix_digits": 2, "pad_left": True},
        {"form": "bcd", "type": "z", "limit": 11},
        {"form": "text", "type": "n", "limit": 7},
        {"form": "text", "type": "n", "limit": 120, "prefix_digits": 3},
        {"form": "text", "type": "x+n", "limit": 9},
        {"form": "text", "type": "x+n", "limit": 9, "prefix_digits": 2},
        {"form": "text", "type": "ans", "limit": 10, "charset": "gbk"},
        {"form": "text", "type": "n", "limit": 10, "prefix_digits": 2, "charset": "gbk"},
        {"form": "text", "type": "z", "limit": 37, "prefix_digits": 2},
        {"form": "hex", "type": "b", "limit": 16},
        {"form": "hex", "type": "b", "limit": 200, "prefix_digits": 3},
        {"form": "binary", "type": "b", "limit": 300, "prefix_digits": 3},
        {"form": "mac", "type": "mac", "limit": 8},
    ]
    pos = load_dialect("pos")
    fields: list[Field | None] = [None] * 129
    prefixes = ("bcd", "ascii", "binary")
    for index, form in enumerate(forms * len(prefixes)):
        number = 2 + index if 2 + index < 65 else 3 + index
        fields[number] = msgspec.convert(
            {
                "number": number,
                "name": f"odd-{number}",
                "words": Words("odd", "奇"),
                "prefix_digits": 0,
                "prefix_form": prefixes[index // len(forms)],
                "unit": "digits" if form["form"] == "bcd" else "bytes",
                "pad_left": False,
                "pad_digit": "0",
                "charset": "ascii",
                "mask": Mask.OPEN,
                "values": {},
                **form,
            },
            Field,
        )
    return msgspec.structs.replace(
        pos, name="odd", highest_field=128, fields=tuple(fields), layouts={}, mac=None
    )


@cache
def every_dialect() -> Mapping[str, Dialect]:
    """Return the packaged dialects and the odd one, by name."""
    found = [*map(load_dialect, packaged_names()), odd_dialect()]
    return {dialect.name: dialect for dialect in found}


@cache
def codec_of(name: str) -> Codec:
    """Return the codec of one of `every_dialect`."""
    return Codec(every_dialect()[name])


def names() -> st.SearchStrategy[str]:
    """Return a strategy for the name of one of `every_dialect`: a failed test prints it whole."""
    return st.sampled_from(sorted(every_dialect()))


@st.composite
def field_texts(draw: st.DrawFn, field: Field) -> str:
    """Draw a text that `field` can hold, in its canonical form: reading it back gives the same."""
    units = field.limit if field.is_fixed else draw(st.integers(0, field.limit))
    if field.form == "mac":
        texts = st.text(_HEX, min_size=8, max_size=8) | _raw_macs()
    elif field.type == "x+n":
        digits = _long_texts(_DIGITS, max(units, 1) - 1)
        texts = st.tuples(st.sampled_from("CD"), digits).map("".join)
    elif field.charset == "gbk" and field.type not in {"n", "z"}:
        texts = _gbk_texts(units)
    else:
        texts = _long_texts(_alphabet(field), units * _per_unit(field) & _whole(field))
    return draw(texts)


def _alphabet(field: Field) -> str:
    if field.form in {"binary", "hex"}:
        return _HEX if field.form == "binary" else f"{_HEX}abcdef"
    if field.type == "z":
        # In BCD a D is read back as the separator that it stands for.
        return "0123456789=ABCEF" if field.form == "bcd" else f"{_HEX}="
    return _DIGITS if field.type == "n" else _ASCII


def _per_unit(field: Field) -> int:
    """Return the characters that one unit of this field's length is worth."""
    return 2 if field.form == "binary" or (field.form, field.unit) == ("bcd", "bytes") else 1


def _whole(field: Field) -> int:
    """Return a mask for a number of characters: pairs only in a hex field."""
    return ~1 if field.form == "hex" else ~0


@st.composite
def _long_texts(draw: st.DrawFn, alphabet: str, size: int) -> str:
    """Draw a short text and repeat it up to `size` characters."""
    if size == 0:
        return ""
    piece = draw(st.text(alphabet, min_size=1, max_size=min(size, 8)))
    return (piece * size)[:size]


def _raw_macs() -> st.SearchStrategy[str]:
    raw = st.binary(min_size=8, max_size=8)
    return raw.filter(lambda b: not all(chr(c) in _HEX for c in b)).map(lambda b: b.hex().upper())


@st.composite
def _gbk_texts(draw: st.DrawFn, size: int) -> str:
    """Draw a text of `size` bytes in GBK."""
    text = ""
    left = size
    for letter in draw(_long_texts(_CHINESE + _ASCII, size)):
        left -= len(letter.encode("gbk"))
        if left < 0:
            break
        text += letter
    return text + " " * (size - len(text.encode("gbk")))


def mtis() -> st.SearchStrategy[str]:
    """Return a strategy for 4 digits."""
    return st.sampled_from(["0200", "0210", "0400", "0800"]) | st.text(
        _DIGITS, min_size=4, max_size=4
    )


@st.composite
def field_values(draw: st.DrawFn, dialect: Dialect) -> dict[int, str]:
    """Draw some fields of `dialect` with texts, ascending."""
    known = [field.number for field in dialect.fields if field is not None]
    numbers = draw(st.sets(st.sampled_from(known), max_size=MAX_FIELDS))
    return {number: draw(field_texts(dialect.field(number))) for number in sorted(numbers)}


class Sample(msgspec.Struct, frozen=True):
    """A valid message: its dialect's name, what it says, a frame, and the MTI's place in it."""

    name: str
    mti: str
    values: dict[int, str]
    frame: bytes
    base: int

    @property
    def dialect(self) -> Dialect:
        """The dialect itself."""
        return every_dialect()[self.name]


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Draw a message of any dialect, encoded by the codec."""
    name = draw(names())
    dialect = every_dialect()[name]
    mti, values = draw(mtis()), draw(field_values(dialect))
    head = bytes(dialect.frame.head_size)
    return Sample(name, mti, values, head + codec_of(name).encode(mti, values), len(head))


@st.composite
def damaged(draw: st.DrawFn, frame: bytes, base: int) -> bytes:
    """Draw `frame` with the bytes from `base` on cut, lengthened, or changed in a few places."""
    kind = draw(st.sampled_from(["cut", "more", "bits", "bytes"]))
    if kind == "cut":
        return frame[: draw(st.integers(base, len(frame)))]
    if kind == "more":
        return frame + draw(st.binary(min_size=1, max_size=4))
    changed = bytearray(frame)
    for _ in range(draw(st.integers(1, 3))):
        # Bitmap and first prefixes are near the front: half of the changes go there.
        last = len(frame) - 1
        at = draw(st.integers(base, min(base + 40, last)) | st.integers(base, last))
        changed[at] = draw(
            st.sampled_from([changed[at] ^ 1 << bit for bit in range(8)])
            if kind == "bits"
            else st.integers(0, 255)
        )
    return bytes(changed)
