"""A dialect at run time: frozen, slotted, ready for the codec, the view and the framing.

Built once by `messages.dialects.compile` from a validated file; nothing here parses, and
nothing here can be changed. Units: `size`, `length` and `limit` count what `Field.unit` says
(digits of a BCD field, else bytes).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from messages.masking import Mask
from messages.reasons import Reason

_DIGITS = re.compile(r"[0-9]*\Z")
_TRACK = re.compile(r"[0-9A-F=]*\Z")
_SIGNED = re.compile(r"[CD][0-9]*\Z")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*\Z")
MAC_CONTENT = re.compile(rb"[0-9A-F]{8}\Z")
"""What a MAC field holds that is 8 characters; all else is raw."""
_MAC_TEXT = re.compile(r"[0-9A-F]{8}\Z")
_MAC_HEX = re.compile(r"[0-9A-Fa-f]{16}\Z")
FIRST_FIELD = 2
"""Bit 1 announces the second bitmap and is no data element."""
_ADVICE = "2"
"""MTI digit 3 of an advice."""
MAC_CHARACTERS = 8
"""A MAC field holds 8 bytes: usually as many hexadecimal characters, in some networks raw."""


class Words(msgspec.Struct, frozen=True):
    """One text in the two languages of our users."""

    en: str
    zh: str


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One data element (DE) of a dialect.

    `form` is how its content stands in a frame: `bcd` (two digits a byte), `text` (characters of
    `charset`), `binary`, `hex` (binary as characters), `mac` (8 bytes, see `MAC_CHARACTERS`).
    A fixed field has `prefix_digits` 0 and exactly `limit` units; a variable one at most `limit`.
    """

    number: int
    name: str
    words: Words
    type: str
    form: Literal["bcd", "text", "binary", "hex", "mac"]
    limit: int
    prefix_digits: int
    prefix_form: Literal["bcd", "ascii", "binary"]
    unit: Literal["digits", "bytes"]
    pad_left: bool
    pad_digit: str
    charset: Literal["ascii", "gbk"]
    mask: Mask
    values: Mapping[str, Words]

    @property
    def is_fixed(self) -> bool:
        """Whether every occurrence has the same length."""
        return self.prefix_digits == 0

    @property
    def prefix_bytes(self) -> int:
        """Return the bytes that the length prefix takes on the wire (0 for a fixed field)."""
        if self.prefix_form == "ascii":
            return self.prefix_digits
        return (self.prefix_digits + 1) // 2

    def content_bytes(self, size: int) -> int:
        """Return how many bytes `size` units of content take."""
        return (size + 1) // 2 if self.unit == "digits" else size

    def read(self, content: bytes, size: int) -> str:
        """Return the text of `content`, which holds `size` units; ValueError says what is wrong.

        Digits stay digits, a track separator is `=`, binary is upper-case hex, a MAC is its 8
        characters (16 hex digits where it is raw), a pad nibble is ignored whatever it is.
        """
        if self.form == "bcd":
            text = content.hex().upper()
            if self.unit == "digits" and size & 1:
                text = text[1:] if self.pad_left else text[:-1]
            text = text.replace("D", "=") if self.type == "z" else text
        elif self.form == "binary":
            return content.hex().upper()
        elif self.form == "mac":
            return content.decode("ascii") if MAC_CONTENT.match(content) else content.hex().upper()
        else:
            try:
                text = content.decode("ascii" if self.form == "hex" else self.charset)
            except UnicodeDecodeError:
                msg = f"not {self.charset.upper()} text"
                raise ValueError(msg) from None
        self.check(text)
        return text

    def write(self, text: str) -> tuple[bytes, int]:
        """Return content and size in units for `text`; ValueError says what is wrong with it."""
        self.check(text)
        if self.form == "bcd":
            size = len(text)
            digits = text.replace("=", "D") if self.type == "z" else text
            if size & 1 and self.unit == "bytes":
                msg = "has an odd number of digits, and the field counts bytes"
                raise ValueError(msg)
            if size & 1:
                digits = self.pad_digit + digits if self.pad_left else digits + self.pad_digit
            content = bytes.fromhex(digits)
            return content, size if self.unit == "digits" else len(content)
        if self.form == "binary" or (self.form == "mac" and len(text) != MAC_CHARACTERS):
            content = bytes.fromhex(text)
        else:
            try:
                content = text.encode("gbk" if self.charset == "gbk" else "ascii")
            except UnicodeEncodeError:
                msg = f"holds a character that {self.charset.upper()} does not have"
                raise ValueError(msg) from None
        return content, len(content)

    def check(self, text: str) -> None:
        """Raise ValueError unless `text` has the characters of this field's type; not its length.

        The reason never quotes the value.
        """
        if self.type == "n":
            good, wanted = _DIGITS.match(text), "digits 0-9"
        elif self.type == "z":
            good, wanted = _TRACK.match(text), "track characters 0-9, = and A-F"
        elif self.type == "x+n":
            good, wanted = _SIGNED.match(text), "C or D, then digits"
        elif self.form in {"binary", "hex"}:
            good, wanted = _HEX.match(text), "pairs of hexadecimal digits"
        elif self.form == "mac":
            good = (_MAC_TEXT if len(text) == MAC_CHARACTERS else _MAC_HEX).match(text)
            wanted = "8 characters 0-9 A-F, or 16 hexadecimal digits"
        else:
            return
        if not good:
            msg = f"holds other characters than {wanted}"
            raise ValueError(msg)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a layout; `size` 0 means all that is left. `path` is absolute, as in `60.2`."""

    path: str
    name: str
    words: Words
    size: int
    mask: Mask
    values: Mapping[str, Words]
    parts: tuple[Part, ...]


class Tag(msgspec.Struct, frozen=True):
    """A known tag of a TLV layout."""

    words: Words
    mask: Mask
    values: Mapping[str, Words]


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How one field's content divides when all of `when` holds (path -> allowed values)."""

    id: str
    field: int
    kind: Literal["parts", "ber-tlv", "text-tlv"]
    when: Mapping[str, tuple[str, ...]]
    parts: tuple[Part, ...]
    repeat_from: int | None
    tag_size: int
    length_size: int
    charset: Literal["ascii", "gbk"]
    tags: Mapping[str, Tag]


class HeadPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the bytes before the MTI; `size` counts digits (bcd), characters or bytes."""

    name: str
    words: Words
    size: int
    encoding: Literal["bcd", "ascii", "binary"]
    default: str | None
    allowed: tuple[str, ...]
    values: Mapping[str, Words]
    role: str | None


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """A named run of parts before the MTI: TPDU, header. `size` in bytes."""

    name: str
    words: Words
    size: int
    parts: tuple[HeadPart, ...]


class FrameFormat(msgspec.Struct, frozen=True, kw_only=True):
    """How messages travel on TCP; `head_size` is the sum of the heads in bytes."""

    length_bytes: int
    length_encoding: Literal["binary", "ascii", "bcd"]
    keep_alive: bool
    limit: int
    heads: tuple[Head, ...]
    head_size: int


class MacRule(msgspec.Struct, frozen=True, kw_only=True):
    """Where the MAC stands and what it covers; see `MacSpec`."""

    algorithm: str
    field: int
    covers: Literal["message", "elements"]
    pad: Literal["zero", "space"]
    elements: Mapping[str, tuple[tuple[int | str, int], ...]]
    without: frozenset[str]


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """Needed and allowed field numbers of a request and of its response."""

    request_needs: frozenset[int]
    request_allows: frozenset[int]
    response_needs: frozenset[int]
    response_allows: frozenset[int]
    together: Mapping[int, tuple[int, ...]]


class Social(msgspec.Struct, frozen=True, kw_only=True):
    """What a transaction is to a host of services; see `SocialSpec`."""

    leg: Literal["inquiry", "payment", "reconciliation"]
    services: tuple[str, ...]
    needs: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    host: Literal["social", "products"] = "social"


class Business(msgspec.Struct, frozen=True, kw_only=True):
    """How a switch carries a transaction out; see `BusinessSpec`. Amounts in fen."""

    interbank_code: str
    fee: str
    special_fee_type: str
    special_fee_level: str
    counts_to_cap: bool
    needs_pin: bool
    allows_manual_entry: bool
    least_fen: int
    step_fen: int
    debit_only: bool
    originals: tuple[str, ...]
    original_amount: Literal["same", "part", "up-to", "none"]
    most_percent: int
    settles: Literal["debit", "credit", "none"]
    credit_code: str
    counter: Literal["", "transfer", "remittance"]
    counts_on: Literal["payer", "payee"]
    from_settlement_card: bool
    channels: tuple[str, ...]
    opens_later: bool = False
    social: Social | None = None
    only_tells: bool = False
    """Whether it tells something of its original, and moves no money; follows from the rest."""

    def __post_init__(self) -> None:
        """Work out once what every message asks for."""
        msgspec.structs.force_setattr(self, "only_tells", self.original_amount == "none")


class TransactionRule(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction: what tells it apart, and what its messages carry."""

    id: str
    words: Words
    mti: str
    match: Mapping[str, tuple[str, ...]]
    presence: Presence
    reversal: Presence | None
    reversal_mti: str | None
    business: Business | None
    refuse: Reason | None
    note: str
    is_advice: bool = False
    """Whether it tells of what is done already (MTI x2xx): accepted first, forwarded then. Follows
    from the MTI."""

    def __post_init__(self) -> None:
        """Work out once what every message asks for."""
        msgspec.structs.force_setattr(self, "is_advice", self.mti[2] == _ADVICE)


class ResponseCode(msgspec.Struct, frozen=True):
    """A value of DE 39: class A-E, words, and what the terminal does about it."""

    code: str
    cls: str
    words: Words
    action: Words


class ReasonText(msgspec.Struct, frozen=True):
    """What this dialect says for one of our reasons."""

    code: str
    words: Words


class Dialect(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A whole dialect. `fields[n]` is DE n or None; index 0 and 1 are always None."""

    name: str
    title: Words
    source: str
    lineage: tuple[str, ...]
    frame: FrameFormat
    mti_form: Literal["bcd", "ascii"]
    bitmap_form: Literal["binary", "hex"]
    highest_field: int
    fields: tuple[Field | None, ...]
    layouts: Mapping[int, tuple[Layout, ...]]
    transactions: tuple[TransactionRule, ...]
    responses: Mapping[str, ResponseCode]
    default_response: ResponseCode
    reasons: Mapping[Reason, ReasonText]
    mac: MacRule | None

    def field(self, number: int) -> Field:
        """Return DE `number`; KeyError names the dialect where it has none."""
        found = self.fields[number] if 0 <= number < len(self.fields) else None
        if found is None:
            msg = f"dialect {self.name} has no field {number}"
            raise KeyError(msg)
        return found

    def response(self, code: str) -> ResponseCode:
        """Return the meaning of a response code; an unknown one gets the default words."""
        return self.responses.get(code, self.default_response)
