"""Which dialect some bytes are in: every dialect frames and decodes them, and the best fit wins.

Also what to tell a peer whose frames were refused: which dialect they would have fitted.
The decoder comes in as a callable, so that this knows dialects and framing only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Generic, Protocol, TypeVar

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


D = TypeVar("D", bound=Decoded)
Decode = Callable[[Dialect, bytes, int], D]
"""Decodes the body that starts at a byte of the data given; DecodeError if it cannot."""


class Detection(msgspec.Struct, Generic[D], frozen=True, kw_only=True):
    """The dialect that reads some bytes best, and what came of it: a message or a refusal.

    `why` says in one sentence for a person why it was taken, empty for a refusal. `reached` are the
    bytes that were understood, 0 where nothing speaks for this dialect.
    """

    dialect: Dialect
    why: str
    outcome: D | FrameError | DecodeError
    reached: int


class _Attempt(msgspec.Struct, Generic[D], frozen=True, kw_only=True):
    """How far one dialect got: bytes understood, and what came out or stopped it."""

    dialect: Dialect
    reached: int
    outcome: D | FrameError | DecodeError
    known: bool
    has_length: bool

    @property
    def fits(self) -> bool:
        """Whether frame and message are this dialect's."""
        return not isinstance(self.outcome, FrameError | DecodeError)

    @property
    def rank(self) -> tuple[bool, bool, int, bool, int]:
        """Order of preference: fits, has the transaction, got further, is less derived.

        A dialect whose length prefix is not even there comes after one that could read it.
        """
        less_derived = -len(self.dialect.lineage)
        return (self.fits, self.known, self.reached, self.has_length, less_derived)


def detect(
    data: bytes, dialects: Sequence[Dialect], *, body: bool, decode: Decode[D]
) -> Detection[D]:
    """Return the dialect of `dialects` that reads `data` best, and why.

    `data` is one whole frame with its prefix, or with `body` a message from its MTI on. When
    none fits, it is the one that got furthest, with its refusal and a hint that names it.
    """
    attempts = [_attempt(data, dialect, decode, body=body) for dialect in dialects]
    best = max(attempts, key=lambda attempt: attempt.rank)
    outcome = best.outcome
    why = ""
    if isinstance(outcome, FrameError | DecodeError):
        outcome = _explained(outcome, best, dialects)
    else:
        why = _why(data, outcome, best, attempts, body=body)
    return Detection(dialect=best.dialect, why=why, outcome=outcome, reached=best.reached)


def _explained(
    failure: FrameError | DecodeError, best: _Attempt[D], dialects: Sequence[Dialect]
) -> FrameError | DecodeError:
    hint = f"none of {', '.join(dialect.name for dialect in dialects)} fits"
    if best.reached:
        hint += f", {best.dialect.name} got furthest"
    if isinstance(failure, FrameError):
        return hinted(failure, hint)
    return DecodeError(failure.field, failure.offset, f"{failure.reason} ({hint})", failure.decoded)


def _attempt(data: bytes, dialect: Dialect, decode: Decode[D], *, body: bool) -> _Attempt[D]:
    framing = Framing(dialect.frame)
    start = 0 if body else framing.prefix_size + dialect.frame.head_size
    verified = 0 if body else framing.verified(data)
    framed = None if body else _frame_refusal(framing, data)
    reached, known = verified, False
    outcome: D | FrameError | DecodeError
    if framed is not None and not _heads_fit(framing, data):
        # Bytes whose heads are another dialect's are not read on; a length alone may be wrong.
        outcome = framed
    else:
        try:
            message = decode(dialect, data, start)
        except DecodeError as error:
            outcome = framed or error
            # An MTI is believed after heads that fit, or at the start of a body.
            is_message = bool(error.decoded.get("mti", "")) and (verified > 0 or body)
            reached = error.offset if len(error.decoded) > 1 or is_message else verified
        else:
            reached, known = len(data), _is_known(dialect, message)
            outcome = framed or message
    return _Attempt(
        dialect=dialect,
        reached=reached,
        outcome=outcome,
        known=known,
        has_length=len(data) >= framing.prefix_size,
    )


def _frame_refusal(framing: Framing, data: bytes) -> FrameError | None:
    try:
        framing.split(data)
    except FrameError as refusal:
        return refusal
    return None


def _heads_fit(framing: Framing, data: bytes) -> bool:
    announced = framing.size_at(data, 0)
    if announced == len(data) - framing.prefix_size:
        return True
    return framing.head_refusal(data, 0, announced) is None


def _is_known(dialect: Dialect, message: Decoded) -> bool:
    """Tell whether the dialect has the transaction: 60.1 = 75 is one of `composite` only.

    What a dialect names only to refuse it is another's.
    """
    try:
        divisions = divide(dialect, message.fields, message.raw, message.mti)
    except DecodeError:
        return False
    found = classify(dialect, message.mti, texts_by_path(message.fields, divisions))
    return found is not None and found.rule.refuse is None


def _why(
    data: bytes, message: D, best: _Attempt[D], attempts: Sequence[_Attempt[D]], *, body: bool
) -> str:
    reasons = [] if body else _frame_reasons(data, best.dialect)
    reasons.append(f"MTI {message.mti}")
    reasons.append(f"all {len(message.fields)} fields read to the last byte")
    others = [a for a in attempts if a.fits and a is not best]
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
    # The first frame decides; megabytes of keep-alives behind it are not walked for a hint.
    first = data[: framing.prefix_size + dialect.frame.limit]
    if not deframer.feed(first) and (deframer.failure is not None or not deframer.pending):
        return False
    text = mti.hex() if dialect.mti_form == "bcd" else mti.decode("ascii", "replace")
    return len(text) == 4 and text.isdecimal() and text[0] in _ISO_VERSIONS  # noqa: PLR2004
