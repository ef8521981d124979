"""One message of a terminal under test, read as far as it can be (simulators/conformance).

What is wrong with its bytes is a judgement, and reading goes on where it can: a requirement that
is broken should not hide whether the others are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from messages.codec import Codec, Message
from messages.dialects.dialect import Dialect, Social
from messages.dialects.rules import Classification, classify
from messages.dialects.subfields import (
    Divisions,
    content_offsets,
    divide,
    leaves,
    lookup,
    texts_by_path,
)
from messages.errors import DecodeError
from messages.framing import Framing
from simulators.conformance.hearing.respelling import WORDS, Respelled, Way, respellings
from simulators.conformance.rules.vocabulary import Judgement

PREFIX: Final = 2
"""Bytes of the length before a frame; offsets of judgements count them."""
_COUNTED: Final[tuple[Way, ...]] = (
    "bytes", "padded", "characters", "hexadecimal", "binary", "ascii",
)  # fmt: skip
_RESIZED: Final[tuple[Way, ...]] = ("short", "long")
_LEAST_60: Final = 11
_OF_CHIPS: Final = frozenset({"203", "204", "205"})
_REASONS: Final = (
    ("other characters than digits", "characters"),
    ("other characters than track", "characters"),
    ("not GBK", "charset"),
    ("not ASCII", "charset"),
    ("length prefix is not", "prefix-form"),
    ("bit 1", "bitmap"),
    ("does not have", "bitmap"),
)


Known = Sequence[tuple[str, str]]


class Heard(msgspec.Struct, kw_only=True):
    """A message as it was read; texts and divisions are unmasked and never printed.

    `tainted` are fields whose writing is wrong: their contents are not judged again.
    """

    frame: bytes
    dialect: Dialect
    heads: Mapping[str, Mapping[str, str]]
    message: Message
    found: Classification | None
    divisions: Divisions
    texts: Mapping[str, str]
    starts: Mapping[int, int]
    tainted: frozenset[int]
    judgements: list[Judgement]
    told: Mapping[str, str] = {}
    """What every judgement about it says, made when the first one is."""

    def __repr__(self) -> str:
        return f"Heard({self.message.mti}, fields {sorted(self.message.fields)})"

    @property
    def mti(self) -> str:
        """The MTI, 4 digits."""
        return self.message.mti

    @property
    def transaction(self) -> str:
        """The id of the transaction, empty where none fits."""
        return self.found.rule.id if self.found is not None else ""

    @property
    def direction(self) -> str:
        """`request` or `reversal`; empty for what is neither."""
        return self.found.direction if self.found is not None else ""

    @property
    def kind(self) -> str:
        """`reversal`, or the transaction."""
        return "reversal" if self.mti.startswith("04") else self.transaction

    @property
    def is_of_a_chip(self) -> bool:
        """Whether it uploads what the chip of an earlier transaction said last (203 to 205)."""
        return self.transaction == "batch_upload" and self.get("60.3") in _OF_CHIPS

    @property
    def social(self) -> Social | None:
        """What it is to the social-security host, None for what is no social service."""
        business = self.found.rule.business if self.found is not None else None
        return business.social if business is not None else None

    def get(self, path: str) -> str:
        """Return the text at a path, empty where there is none."""
        return self.texts.get(path, "")

    def shown(self, path: str) -> str:
        """Return the text at a path as it may leave the process."""
        part = lookup(self.divisions, path)
        if part is not None:
            return part.shown
        number = int(path.partition(".")[0]) if path.partition(".")[0].isdigit() else 0
        field = self.dialect.fields[number] if number else None
        text = self.get(path)
        return text if field is not None and field.mask == "open" else "*" * len(text)

    def at(self, path: str) -> int:
        """Return the offset of a field or sub-field in the whole frame, -1 where it is not."""
        number = int(path.partition(".")[0].partition("[")[0]) if path[:1].isdigit() else 0
        start = self.starts.get(number)
        if start is None:
            return -1
        part = lookup(self.divisions, path)
        return start + PREFIX + (part.offset if part is not None else 0)

    def about(self, field: str = "") -> Mapping[str, str]:
        """Return the attributes of a judgement about this message."""
        told = self.told
        if not told:
            told = {"mti": self.mti, "transaction": self.transaction, "direction": self.direction}
            self.told = told
        return {**told, "field": field} if field else told

    def judge(
        self, check: str, path: str, *, ok: bool, expected: str = "", found: str | None = None
    ) -> Judgement:
        """Return a judgement about a field of this message."""
        return Judgement(
            check=check,
            ok=ok,
            about=self.about(path.partition(".")[0]),
            field=path,
            offset=-1 if ok else self.at(path),
            expected="" if ok else expected,
            found="" if ok else (self.shown(path) if found is None else found),
        )


class Unreadable(msgspec.Struct, frozen=True):
    """A frame that cannot be read; `judgements` say why."""

    frame: bytes
    dialect: Dialect
    judgements: tuple[Judgement, ...]


_CODECS: Final[dict[int, Codec]] = {}
"""By the identity of the dialect, which each codec keeps alive."""


def codec_of(dialect: Dialect) -> Codec:
    """Return the codec of a dialect, made once."""
    codec = _CODECS.get(id(dialect))
    if codec is None:
        codec = _CODECS[id(dialect)] = Codec(dialect)
    return codec


def read(dialect: Dialect, framing: Framing, frame: bytes, known: Known = ()) -> Heard | Unreadable:
    """Return what a frame without its length prefix says, and what is wrong with its writing.

    `known` are terminal and merchant numbers, for frames that more than one mistake explains.
    """
    try:
        message = codec_of(dialect).decode(frame, dialect.frame.head_size)
    except DecodeError as error:
        return _read_otherwise(dialect, framing, frame, (error, known))
    return _made(dialect, framing, frame, message)


def _made(dialect: Dialect, framing: Framing, frame: bytes, message: Message) -> Heard:
    divisions, judgements = _divided(dialect, message)
    texts = texts_by_path(message.fields, divisions)
    found = classify(dialect, message.mti, texts)
    if found is None:
        found = _nearest(dialect, message.mti, texts)
    if found is not None and found.is_response:
        found = None
    starts = content_offsets(dialect, message.bitmap, message.raw, dialect.frame.head_size)
    heard = Heard(
        frame=frame,
        dialect=dialect,
        heads=framing.read_heads(frame),
        message=message,
        found=found,
        divisions=divisions,
        texts=texts,
        starts=starts,
        tainted=frozenset(message.odd_pads),
        judgements=[],
    )
    heard.judgements += (_placed(heard, judgement) for judgement in judgements)
    heard.judgements += _writing(heard)
    return heard


def _nearest(dialect: Dialect, mti: str, texts: Mapping[str, str]) -> Classification | None:
    """Return the transaction of a request that lacks one of the codes that tell it apart."""
    for rule in dialect.transactions:
        if rule.reversal is not None and mti == rule.reversal_mti:
            # All reversals have one presence set, whatever they are of.
            return Classification(rule, "reversal")
    fits = [
        rule
        for rule in dialect.transactions
        if rule.mti == mti
        and {"3", "60.1"} & rule.match.keys() & texts.keys()
        and all(texts[path] in rule.match[path] for path in rule.match if path in texts)
    ]
    if not fits or any(rule.presence is not fits[0].presence for rule in fits):
        return None
    return Classification(fits[0], "request")


def _divided(dialect: Dialect, message: Message) -> tuple[Divisions, list[Judgement]]:
    """Divide every field that can be divided; one that cannot is a judgement."""
    fields = dict(message.fields)
    judgements: list[Judgement] = []
    while True:
        try:
            return divide(dialect, fields, message.raw, message.mti), judgements
        except DecodeError as error:
            number = int(error.field.partition(".")[0].partition("[")[0])
            judgements.append(
                Judgement(
                    check="sub-fields",
                    ok=False,
                    field=error.field,
                    expected="parts as the dialect divides them",
                    found=error.reason,
                )
            )
            if fields.pop(number, None) is None:
                return {}, judgements


def _placed(heard: Heard, judgement: Judgement) -> Judgement:
    number = judgement.field.partition(".")[0].partition("[")[0]
    return msgspec.structs.replace(
        judgement, about=heard.about(number), offset=heard.at(judgement.field)
    )


def _writing(heard: Heard) -> Iterator[Judgement]:
    """Judge how fields are written: fill, MAC characters, plain text, tracks, GBK."""
    message = heard.message
    for number in message.fields:
        field = heard.dialect.field(number)
        name = str(number)
        if field.unit == "digits" and len(message.fields[number]) % 2:
            ok = number not in message.odd_pads
            side = "left" if field.pad_left else "right"
            expected = f"an odd number of digits filled with {field.pad_digit} on the {side}"
            yield heard.judge("pad", name, ok=ok, expected=expected, found="another fill")
        if field.form == "mac":
            ok = (
                message.raw[number].isalnum() and message.raw[number].upper() == message.raw[number]
            )
            yield heard.judge(
                "mac-text", name, ok=ok, expected="8 characters 0-9 A-F", found="other bytes"
            )
        if field.type in {"an", "ans"}:
            yield _text(heard, number)
    for number in heard.divisions:
        if not any(j.field.startswith(f"{number}") for j in heard.judgements if not j.ok):
            yield heard.judge("sub-fields", str(number), ok=True)


def _text(heard: Heard, number: int) -> Judgement:
    field, raw = heard.dialect.field(number), heard.message.raw[number]
    text = heard.message.fields[number]
    if field.charset == "gbk":
        return heard.judge(
            "charset", str(number), ok=not is_utf8_chinese(raw), expected="GBK", found="UTF-8"
        )
    good = text.isprintable() and text.isascii()
    if field.type == "an":
        good = all(c.isalnum() or c == " " for c in text) and text.isascii()
    return heard.judge(
        "plain", str(number), ok=good, expected=f"{field.type} characters", found="others"
    )


def is_utf8_chinese(raw: bytes) -> bool:
    """Tell whether bytes are Chinese text in UTF-8, which hardly any GBK text is by chance."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return any("一" <= c <= "鿿" for c in text)


def _read_otherwise(
    dialect: Dialect, framing: Framing, frame: bytes, why: tuple[DecodeError, Known]
) -> Heard | Unreadable:
    """Read a frame whose lengths or end are not as they should be, if one way explains it."""
    error, known = why
    for way in (_COUNTED, None, _RESIZED):
        if way is None:
            found = _without_trailing(dialect, framing, frame, error)
            if found is not None:
                return found
            continue
        for again in respellings(dialect, frame, way):
            found = _accepted(dialect, framing, again)
            if found is not None and _is_known(found, known):
                # What the MAC covers are the bytes as they came.
                found.frame = frame
                return found
    check = next((c for words, c in _REASONS if words in error.reason), "readable")
    number = error.field.partition(".")[0]
    mti = frame[dialect.frame.head_size : dialect.frame.head_size + 2].hex()
    return Unreadable(
        frame,
        dialect,
        (
            Judgement(
                check=check,
                ok=False,
                about={"mti": mti, "field": number},
                field=error.field,
                offset=error.offset + PREFIX,
                expected="a field as the dialect has it",
                found=error.reason,
            ),
        ),
    )


def _without_trailing(
    dialect: Dialect, framing: Framing, frame: bytes, error: DecodeError
) -> Heard | None:
    if "follow the last field" not in error.reason:
        return None
    try:
        message = codec_of(dialect).decode(frame[: error.offset], dialect.frame.head_size)
    except DecodeError:
        return None
    heard = _made(dialect, framing, frame[: error.offset], message)
    heard.judgements.append(
        Judgement(
            check="trailing",
            ok=False,
            about=heard.about(),
            offset=error.offset + PREFIX,
            expected="the end of the frame after the last field",
            found=error.reason,
        )
    )
    return heard


def _is_known(heard: Heard, known: Known) -> bool:
    terminal, merchant = heard.get("41").rstrip(), heard.get("42").rstrip()
    return not known or any(
        tid.startswith(terminal) and mid.startswith(merchant) for tid, mid in known
    )


def _accepted(dialect: Dialect, framing: Framing, again: Respelled) -> Heard | None:
    try:
        message = codec_of(dialect).decode(again.frame, dialect.frame.head_size)
    except DecodeError:
        return None
    if len(message.fields.get(60, "")) < _LEAST_60 or message.odd_pads:
        return None
    heard = _made(dialect, framing, again.frame, message)
    if heard.found is None or any(not j.ok for j in heard.judgements):
        return None
    check, expected, found = WORDS[again.way]
    touched = [again.field] if again.field else [
        n for n in message.fields if not dialect.field(n).is_fixed
    ]  # fmt: skip
    heard.tainted = frozenset(touched)
    number = touched[0]
    heard.judgements.append(
        heard.judge(check, str(number), ok=False, expected=expected, found=found)
    )
    return heard


def leaf_paths(heard: Heard, number: int) -> list[str]:
    """Return the paths of the leaves of a divided field."""
    return [leaf.path for leaf in leaves(heard.divisions.get(number, ()))]
