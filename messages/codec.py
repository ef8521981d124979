"""Whole messages: bytes to fields and back, on pyiso8583 (this is its only importer).

The codec is the reference: strict, complete and unhurried. The switch's hot path is
`messages.view`, which is held equal to it by property tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import iso8583
import msgspec

from messages.dialects.dialect import FIRST_FIELD, MAC_CHARACTERS, Dialect, Field
from messages.errors import DecodeError, EncodeError

_NAMES = {"t": "mti", "p": "bitmap", "1": "bitmap"}
_MOST_PADS = 128
"""A message has at most 128 fields, so at most as many pad nibbles can be unusual."""


class Message(msgspec.Struct, kw_only=True):
    """A decoded message: `fields` are texts by DE number, `raw` their content bytes.

    `bitmap` is hexadecimal as it stood (16 or 32 digits). `odd_pads` names fields whose pad nibble
    is not the dialect's: tolerated, worth a remark.
    """

    mti: str
    bitmap: str
    fields: dict[int, str]
    raw: dict[int, bytes]
    odd_pads: tuple[int, ...] = ()


class Codec:
    """Encodes and decodes whole messages of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        """Translate the dialect once into the library's terms."""
        self.dialect = dialect
        bitmap_form = "b" if dialect.bitmap_form == "binary" else "ascii"
        head: dict[str, Any] = {"len_enc": "ascii", "len_type": 0, "desc": ""}
        self._spec: dict[str, dict[str, Any]] = {
            "h": {**head, "data_enc": "ascii", "max_len": 0},
            "t": {**head, "data_enc": "b" if dialect.mti_form == "bcd" else "ascii", "max_len": 4},
            "p": {**head, "data_enc": bitmap_form, "max_len": 8},
            "1": {**head, "data_enc": bitmap_form, "max_len": 8},
        }
        for number in range(FIRST_FIELD, 193):
            field = dialect.fields[number] if number <= dialect.highest_field else None
            self._spec[str(number)] = _UNKNOWN if field is None else _library_field(field)

    def decode(self, data: bytes, base: int = 0) -> Message:
        """Return the message whose MTI is at `data[base]` and which ends with `data`.

        Raises DecodeError with the field, the offset in `data`, and what was read before it.
        """
        body = bytearray(data[base:])
        odd_pads: list[int] = []
        for _ in range(_MOST_PADS):
            try:
                texts, parts = iso8583.decode(body, self._spec)
            except iso8583.DecodeError as error:
                if not self._mend_pad(body, error, odd_pads):
                    self._refuse(error, data, base)
            else:
                found = self._read(texts, parts, data, base)
                return Message(
                    mti=texts["t"],
                    bitmap=texts["p"] + texts.get("1", ""),
                    fields=found.fields,
                    raw=found.raw,
                    odd_pads=tuple(odd_pads),
                )
        raise DecodeError("bitmap", base, "more unusual pads than fields")

    def encode(
        self,
        mti: str,
        fields: Mapping[int, str],
        *,
        raw: Mapping[int, bytes] | None = None,
        bitmap: str = "",
    ) -> bytes:
        """Return MTI, bitmap and fields as bytes; EncodeError names the field.

        `raw` replaces a field's content bytes and wins over its text (which then only says how many
        digits it holds). A `bitmap` of 32 digits asks for the second bitmap even if it is empty,
        and its letters' case is kept where the bitmap is text.
        """
        raw = raw or {}
        texts = self._texts(mti, fields, raw)
        try:
            _, parts = iso8583.encode(dict(texts), self._spec)
        except iso8583.EncodeError as error:
            raise EncodeError(_NAMES.get(error.field, error.field), error.msg) from None
        numbers = sorted({*fields, *raw})
        pieces = [parts["t"]["data"], self._bitmap(numbers, bitmap)]
        for number in numbers:
            part = parts[str(number)]
            pieces += [part["len"], raw.get(number, part["data"])]
        return b"".join(pieces)

    def _texts(
        self, mti: str, fields: Mapping[int, str], raw: Mapping[int, bytes]
    ) -> dict[str, str]:
        if not (len(mti) == 4 and mti.isascii() and mti.isdigit()):  # noqa: PLR2004
            raise EncodeError("mti", "is not 4 digits")
        texts = {"t": mti}
        for number in sorted({*fields, *raw}):
            if not self._known(number) or not self.dialect.fields[number]:
                raise EncodeError(str(number), f"dialect {self.dialect.name} has no such field")
            field = self.dialect.field(number)
            given = fields.get(number)
            try:
                text = given if number not in raw else _text_of(field, raw[number], given)
                field.check(text or "")
            except ValueError as problem:
                raise EncodeError(str(number), str(problem)) from None
            texts[str(number)] = _to_library(field, text or "")
        return texts

    def _bitmap(self, numbers: list[int], wanted: str) -> bytes:
        long = any(n > BITMAP_BITS for n in numbers) or len(wanted) == BITMAP_BITS // 2
        bits = sum(1 << (128 - n) for n in numbers) | (1 << 127 if long else 0)
        content = bits.to_bytes(16, "big")[: 16 if long else 8]
        if self.dialect.bitmap_form == "binary":
            return content
        text = content.hex().upper()
        return (wanted if wanted.upper() == text else text).encode("ascii")

    def _mend_pad(self, body: bytearray, error: iso8583.DecodeError, odd_pads: list[int]) -> bool:
        """Overwrite a pad nibble that is not the dialect's in our copy; False: not the cause."""
        field = self._field_at(error.field)
        if field is None or field.unit != "digits" or error.msg == _EXTRA:
            return False
        part = error.doc_enc.get(error.field, {})
        content = part.get("data", b"")
        size = field.limit if field.is_fixed else _prefix_value(field, part.get("len", b""))
        if size is None or not size & 1 or len(content) != field.content_bytes(size):
            return False
        place = error.pos if field.pad_left else error.pos + len(content) - 1
        pad = int(field.pad_digit, 16)
        body[place] = body[place] & 0x0F | pad << 4 if field.pad_left else body[place] & 0xF0 | pad
        odd_pads.append(field.number)
        return True

    def _field_at(self, name: str) -> Field | None:
        known = name.isdigit() and self._known(int(name))
        return self.dialect.fields[int(name)] if known else None

    def _known(self, number: int) -> bool:
        return FIRST_FIELD <= number <= self.dialect.highest_field

    def _read(self, texts: _Texts, parts: _Parts, data: bytes, base: int) -> _Read:
        """Check what the library let pass, in wire order, and give every text its own form."""
        found = _Read({}, {}, {"mti": texts.get("t", "")})
        mti = found.decoded["mti"]
        if mti and not (mti.isascii() and mti.isdigit()):
            raise DecodeError("mti", base, "is not 4 digits", found.decoded)
        if "1" in parts and self.dialect.highest_field == BITMAP_BITS:
            at = base + len(parts["t"]["data"])
            raise DecodeError("bitmap", at, _ONE_BITMAP, found.decoded)
        at = base + sum(len(parts[key]["data"]) for key in ("t", "p", "1") if key in parts)
        if any(blank in texts.get(key, "") for key in ("p", "1") for blank in _BLANKS):
            raise DecodeError("bitmap", base + len(parts["t"]["data"]), _HEX_BITMAP, found.decoded)
        for number in sorted(int(k) for k in texts if k.isdigit() and k != "1"):
            field, part = self.dialect.fields[number], parts[str(number)]
            if field is None:
                raise DecodeError(str(number), at, _NO_FIELD, found.decoded)
            size = _size(field, part)
            if size is None:
                raise DecodeError(str(number), at, _BAD_PREFIX, found.decoded)
            at += len(part["len"])
            content = data[at : at + len(part["data"])]
            try:
                found.take(number, field.read(content, size), content)
            except ValueError as problem:
                raise DecodeError(str(number), at, str(problem), found.decoded) from None
            at += len(content)
        return found

    def _refuse(self, error: iso8583.DecodeError, data: bytes, base: int) -> NoReturn:
        """Raise our error for the library's: the earliest thing that is wrong, with its place."""
        texts, place = dict(error.doc_dec), base + error.pos
        if error.msg == _EXTRA:
            reason = f"{len(data) - place} bytes follow the last field"
        else:
            texts.pop(error.field, None)
            reason = error.msg
        decoded = self._read(texts, error.doc_enc, data, base).decoded
        field = self._field_at(error.field)
        part = error.doc_enc.get(error.field, {})
        if (
            field is not None
            and len(part["len"]) == field.prefix_bytes
            and _size(field, part) is None
        ):
            reason = _BAD_PREFIX
        raise DecodeError(_NAMES.get(error.field, error.field), place, reason, decoded)


_Texts = Mapping[str, str]
_Parts = Mapping[str, Mapping[str, bytes]]


class _Read(msgspec.Struct):
    """What has been read so far; `decoded` is what an error may keep of it."""

    fields: dict[int, str]
    raw: dict[int, bytes]
    decoded: dict[str, str]

    def take(self, number: int, text: str, content: bytes) -> None:
        """Add a field that was read whole."""
        self.fields[number] = text
        self.raw[number] = content
        self.decoded[str(number)] = text


BITMAP_BITS = 64
"""Bits of one bitmap; a second one is announced by bit 1."""
_EXTRA = "Extra data after last field"
_ONE_BITMAP = "bit 1 is set, the dialect has 64 fields"
_HEX_BITMAP = "holds other characters than hexadecimal digits"
_BLANKS = " \t\n\r\v\f"
"""`bytes.fromhex`, which the library reads a bitmap with, passes over them."""
_NO_FIELD = "the bitmap announces a field that the dialect does not have"
_BAD_PREFIX = "the length prefix is not made of digits"
_UNKNOWN: dict[str, Any] = {
    "data_enc": "b",
    "len_enc": "b",
    "len_type": 0,
    "max_len": 0,
    "desc": "",
}


def _library_field(field: Field) -> dict[str, Any]:
    form = {"bcd": "b", "binary": "b", "mac": "b", "hex": "ascii", "text": field.charset}
    spec: dict[str, Any] = {
        "data_enc": form[field.form],
        "len_enc": {"bcd": "bcd", "ascii": "ascii", "binary": "b"}[field.prefix_form],
        "len_type": field.prefix_bytes,
        "max_len": field.limit,
        "len_count": "nibbles" if field.unit == "digits" else "bytes",
        "desc": field.name,
    }
    if field.unit == "digits":
        spec["left_pad" if field.pad_left else "right_pad"] = field.pad_digit
    return spec


def _prefix_value(field: Field, prefix: bytes) -> int | None:
    if field.prefix_form == "binary":
        return int.from_bytes(prefix, "big")
    text = prefix.hex() if field.prefix_form == "bcd" else prefix.decode("ascii", "replace")
    return int(text) if text.isascii() and text.isdigit() else None


def _size(field: Field, part: Mapping[str, bytes]) -> int | None:
    return field.limit if field.is_fixed else _prefix_value(field, part["len"])


def _text_of(field: Field, content: bytes, given: str | None) -> str:
    """Return the text that `content` stands for; `given` says how many digits an odd one has."""
    size = len(content)
    if field.unit == "digits":
        size = field.limit if field.is_fixed else 2 * size
        if given is not None and field.content_bytes(len(given)) == len(content):
            size = len(given)
        size = min(size, field.limit)
    if field.content_bytes(size) != len(content):
        msg = f"raw content has {len(content)} bytes, not {field.content_bytes(size)}"
        raise ValueError(msg)
    return field.read(content, size)


def _to_library(field: Field, text: str) -> str:
    if field.type == "z" and field.form == "bcd":
        return text.replace("=", "D")
    if field.form == "mac" and len(text) == MAC_CHARACTERS:
        return text.encode("ascii").hex()
    return text
