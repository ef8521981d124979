"""Which dialect some bytes are in: every dialect frames and decodes them, and the best fit wins.

Also what to tell a peer whose frames were refused: which dialect they would have fitted.
The decoder comes in as a callable, so that this knows dialects and framing only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from messages.dialects.dialect import Dialect
from messages.dialects.rules import classify
from messages.dialects.subfields import divide, texts_by_path
from messages.errors import DecodeError, FrameError
from messages.framing import Deframer, Framing, hinted

_MTI_SIZES: Final = {"bcd": 2, "ascii": 4}
_ISO_VERSIONS: Final = "012"
"""First digit of an MTI: ISO 8583 of 1987, 1993, 2003."""


class Decoded(Protocol):
    """What a decoder returns: `messages.codec.Message` is one."""

    @property
    def mti(self) -> str:
        """The message type, 4 digits."""

    @property
    def fields(self) -> Mapping[int, str]:
        """Field number -> text."""

    @property
    def raw(self) -> Mapping[int, bytes]:
        """Field number -> content bytes."""


Decode = Callable[[Dialect, bytes, int], Decoded]
"""Decodes the body that starts at a byte of the data given; DecodeError if it cannot."""


class Detection(msgspec.Struct, frozen=True):
    """The dialect that fits, and why, in one sentence for a person."""

    dialect: Dialect
    why: str


class _Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """How far one dialect got: bytes understood, and what stopped it, if anything did."""

    dialect: Dialect
    reached: int
    failure: FrameError | DecodeError | None
    message: Decoded | None
    known: bool

    @property
    def rank(self) -> tuple[bool, bool, int, int]:
        """Order of preference: fits, has the transaction, got further, is less derived."""
        return (self.failure is None, self.known, self.reached, -len(self.dialect.lineage))


def detect(data: bytes, dialects: Sequence[Dialect], *, body: bool, decode: Decode) -> Detection:
    """Return the dialect of `dialects` that reads `data` best, and why.

    `data` is one whole frame with its prefix, or with `body` a message from its MTI on. When
    none fits, the refusal of the one that got furthest is raised, FrameError or DecodeError,
    with a hint that names it (`closest` returns it, for the masks of what was read).
    """
    attempts = [_attempt(data, dialect, decode, body=body) for dialect in dialects]
    best = _best(attempts)
    if best.failure is None:
        return Detection(best.dialect, _why(data, best, attempts, body=body))
    names = ", ".join(dialect.name for dialect in dialects)
    hint = f"none of {names} fits"
    if best.reached:
        hint += f", {best.dialect.name} got furthest"
    failure = best.failure
    if isinstance(failure, FrameError):
        raise hinted(failure, hint)
    raise DecodeError(failure.field, failure.offset, f"{failure.reason} ({hint})", failure.decoded)


def closest(data: bytes, dialects: Sequence[Dialect], *, body: bool, decode: Decode) -> Dialect:
    """Return the dialect that reads `data` best, whether it fits or only gets furthest."""
    return _best([_attempt(data, dialect, decode, body=body) for dialect in dialects]).dialect


def _best(attempts: Sequence[_Attempt]) -> _Attempt:
    return max(attempts, key=lambda attempt: attempt.rank)


def _attempt(data: bytes, dialect: Dialect, decode: Decode, *, body: bool) -> _Attempt:
    framing = Framing(dialect.frame)
    start = 0 if body else framing.prefix_size + dialect.frame.head_size
    framed: FrameError | None = None
    if not body:
        try:
            framing.split(data)
        except FrameError as refusal:
            framed = refusal
            # Bytes whose heads are another dialect's are not read on; a length alone may be wrong.
            announced = framing.size_at(data, 0)
            fits = announced == len(data) - framing.prefix_size
            if not fits and framing.head_refusal(data, 0, announced):
                return _Attempt(
                    dialect=dialect, reached=0, failure=refusal, message=None, known=False
                )
    failure: FrameError | DecodeError | None = framed
    message = None
    reached = len(data)
    try:
        message = decode(dialect, data, start)
    except DecodeError as error:
        failure = framed or error
        # Only an MTI and a bitmap that are believable count as being understood.
        reached = error.offset if len(error.decoded) > 1 else 0
    known = message is not None and _is_known(dialect, message)
    return _Attempt(dialect=dialect, reached=reached, failure=failure, message=message, known=known)


def _is_known(dialect: Dialect, message: Decoded) -> bool:
    """Tell whether the dialect names the transaction: 60.1 = 75 is one of `composite` only."""
    try:
        divisions = divide(dialect, message.fields, message.raw, message.mti)
    except DecodeError:
        return False
    return classify(dialect, message.mti, texts_by_path(message.fields, divisions)) is not None


def _why(data: bytes, best: _Attempt, attempts: Sequence[_Attempt], *, body: bool) -> str:
    reasons = [] if body else _frame_reasons(data, best.dialect)
    if best.message is not None:
        reasons.append(f"MTI {best.message.mti}")
        reasons.append(f"all {len(best.message.fields)} fields read to the last byte")
    others = [a for a in attempts if a.failure is None and a.dialect.name != best.dialect.name]
    if others:
        names = " and ".join(attempt.dialect.name for attempt in others)
        decided = "the less derived one"
        if best.known and not all(attempt.known for attempt in others):
            decided = "the one that knows this transaction"
        reasons.append(f"{names} would fit too and {best.dialect.name} is {decided}")
    return ", ".join(reasons)


def _frame_reasons(data: bytes, dialect: Dialect) -> list[str]:
    frame_format = dialect.frame
    prefix = data[: frame_format.length_bytes]
    binary = frame_format.length_encoding == "binary"
    if frame_format.length_encoding == "ascii":
        shown = prefix.decode("ascii")
    else:
        shown = f"0x{prefix.hex().upper()}" if binary else prefix.hex()
    reasons = [f"{len(prefix)}-byte length {shown} fits"]
    values = Framing(frame_format).read_heads(data[len(prefix) :])
    for head in frame_format.heads:
        for part in head.parts:
            if part.allowed:
                value = values[head.name][part.name]
                reasons.append(f"{head.words.en} {part.words.en.lower()} {value}")
    return reasons


def explain_refusal(data: bytes, dialects: Sequence[Dialect], failure: FrameError) -> FrameError:
    """Return `failure` with a hint that names the dialects that `data` would have fitted.

    `data` is the beginning of the refused frame (`Deframer.refused`), whole or not.
    """
    names = [dialect.name for dialect in dialects if _begins_frame(data, dialect)]
    return hinted(failure, f"it would fit dialect {' or '.join(names)}") if names else failure


def _begins_frame(data: bytes, dialect: Dialect) -> bool:
    """Tell whether `data` begins with a frame of this dialect, as far as its MTI."""
    framing = Framing(dialect.frame)
    start = framing.prefix_size + dialect.frame.head_size
    mti = data[start : start + _MTI_SIZES[dialect.mti_form]]
    deframer = Deframer(framing)
    if not deframer.feed(data) and (deframer.failure is not None or not deframer.pending):
        return False
    text = mti.hex() if dialect.mti_form == "bcd" else mti.decode("ascii", "replace")
    return len(text) == 4 and text.isdecimal() and text[0] in _ISO_VERSIONS  # noqa: PLR2004
