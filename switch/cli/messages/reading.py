"""From the bytes that a person gave to all that can be said of them (switch/cli): a `Reading`.

Here dialect, framing, codec, sub-fields and rules come together; the verbs only show the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import msgspec

from messages.codec import Codec, Message
from messages.dialects.detect import Detection, detect, explain_refusal
from messages.dialects.dialect import Dialect
from messages.dialects.loader import SpecError, load_dialect, packaged_names
from messages.dialects.rules import Classification, Finding, classify, findings
from messages.dialects.shown import masked_fields
from messages.dialects.subfields import Divisions, content_offsets, divide, texts_by_path
from messages.errors import DecodeError, FrameError
from messages.framing import Framing
from messages.masking import HIDDEN
from switch.cli.messages.inputs import InputError, bytes_of, inputs
from switch.cli.outcome import stop


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A decoded message with everything that its dialect says about it, unmasked.

    `heads` are the TPDU, header and so on as hexadecimal digits, `head_parts` their parts as text
    (both empty for a bare body); `body` are the bytes from the MTI on. `detected` says why the
    dialect was taken, empty where it was named.
    """

    dialect: Dialect
    detected: str
    heads: dict[str, str]
    head_parts: dict[str, dict[str, str]]
    body: bytes
    message: Message
    divisions: Divisions
    found: Classification | None
    findings: tuple[Finding, ...]


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """An input that cannot be read: what is wrong where, and the fields before it, masked."""

    kind: str
    field: str | None
    offset: int
    reason: str
    fields: dict[str, str] = {}

    @property
    def sentence(self) -> str:
        """The failure in one line for a person."""
        if self.kind == "DecodeError":
            name = f"field {self.field}" if (self.field or "")[:1].isdigit() else self.field
            return f"{name} at byte {self.offset}: {self.reason}"
        place = "character" if self.kind == "InputError" else "byte"
        return f"{place} {self.offset}: {self.reason}"


class Reader:
    """Reads frames of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        """Prepare codec and framing once."""
        self.dialect = dialect
        self.framing = Framing(dialect.frame)
        self.codec = Codec(dialect)
        self.base = self.framing.prefix_size + dialect.frame.head_size
        """Where the MTI of a frame is, its length prefix counted."""

    def read(self, data: bytes, *, body: bool = False) -> Reading | Failure:
        """Return what can be said of one frame, or of a message that starts at its MTI (`body`)."""
        try:
            if not body:
                self.framing.split(data)
            message = self.codec.decode(data, 0 if body else self.base)
        except FrameError as error:
            others = [other for other in _packaged() if other.name != self.dialect.name]
            return _failure(explain_refusal(data, others, error), [self.dialect])
        except DecodeError as error:
            return _failure(error, [self.dialect])
        return self.tell(data, message, body=body)

    def tell(
        self, data: bytes, message: Message, detected: str = "", *, body: bool = False
    ) -> Reading | Failure:
        """Return what can be said of the message that was decoded from `data`."""
        dialect, framing = self.dialect, self.framing
        frame = b"" if body else data[framing.prefix_size :]
        base = 0 if body else self.base
        try:
            divisions = self._divided(message, base)
        except DecodeError as error:
            return _failure(error, [dialect])
        values = texts_by_path(message.fields, divisions)
        found = classify(dialect, message.mti, values)
        return Reading(
            dialect=dialect,
            detected=detected,
            heads={} if body else framing.head_hex(frame),
            head_parts={} if body else framing.read_heads(frame),
            body=data[base:],
            message=message,
            divisions=divisions,
            found=found,
            findings=findings(dialect, message, found),
        )

    def _divided(self, message: Message, base: int) -> Divisions:
        offsets = content_offsets(self.dialect, message.bitmap, message.raw, base)
        try:
            return divide(self.dialect, message.fields, message.raw, message.mti, offsets)
        except DecodeError as error:
            # The division knows the place; what was read before it is the whole message.
            decoded = {str(number): text for number, text in message.fields.items()}
            raise DecodeError(error.field, error.offset, error.reason, decoded) from None


@cache
def reader_named(name: str) -> Reader:
    """Return the reader of a dialect by name or file; a wrong one ends the verb with status 2."""
    try:
        return Reader(load_dialect(name))
    except SpecError as error:
        stop(str(error))


def readings(given: str, dialect: str, *, body: bool = False) -> Iterator[Reading | Failure]:
    """Yield what can be said of each input that an argument stands for; the inputs never raise.

    An empty `dialect` is detected, for each of them. With `body` an input starts at its MTI.
    Offsets count from the start of the frame.
    """
    for item in inputs(given):
        if isinstance(item, str):
            try:
                yield read_frame(bytes_of(item), dialect, body=body)
            except InputError as problem:
                reason = problem.reason
                yield Failure(kind="InputError", field=None, offset=problem.offset, reason=reason)
        else:
            for data in [item] if body else _frames(item, dialect):
                yield read_frame(data, dialect, body=body)


def read_frame(data: bytes, dialect: str, *, body: bool = False) -> Reading | Failure:
    """Return what can be said of one frame; an empty `dialect` is detected."""
    if dialect:
        return reader_named(dialect).read(data, body=body)
    found = _detected(data, body=body)
    known = [found.dialect] if found.reached else _packaged()
    if isinstance(found.outcome, FrameError | DecodeError):
        return _failure(found.outcome, known)
    return reader_named(found.dialect.name).tell(data, found.outcome, found.why, body=body)


def _frames(data: bytes, dialect: str) -> Iterator[bytes]:
    """Cut binary input into frames, each with its length prefix; what is no frame comes last."""
    framing = reader_named(dialect).framing if dialect else _framing_of(data)
    at = 0
    while at < len(data):
        stop = _end_of_frame(framing, data, at)
        is_keep_alive = stop - at == framing.prefix_size and framing.size_at(data, at) == 0
        if not (is_keep_alive and framing.frame_format.keep_alive):
            yield data[at:stop]
        at = stop


def _framing_of(data: bytes) -> Framing:
    """Return the framing whose first frame some dialect reads, the first one if there is none."""
    framings = [reader_named(dialect.name).framing for dialect in _packaged()]
    for framing in framings:
        found = _detected(data[: _end_of_frame(framing, data, 0)], body=False)
        if isinstance(found.outcome, Message):
            return reader_named(found.dialect.name).framing
    return framings[0]


def _end_of_frame(framing: Framing, data: bytes, at: int) -> int:
    """Return where the frame at `data[at]` ends, the end of `data` if it cannot be told."""
    size = framing.size_at(data, at)
    stop = at + framing.prefix_size + size
    return stop if size >= 0 and stop <= len(data) else len(data)


def _detected(data: bytes, *, body: bool) -> Detection[Message]:
    return detect(data, _packaged(), body=body, decode=_decoded)


def _packaged() -> list[Dialect]:
    return [reader_named(name).dialect for name in packaged_names()]


def _decoded(dialect: Dialect, data: bytes, base: int) -> Message:
    return reader_named(dialect.name).codec.decode(data, base)


def _failure(error: FrameError | DecodeError, dialects: Sequence[Dialect]) -> Failure:
    """Return an error as it may be shown; `dialects` are those that the input may be in."""
    if isinstance(error, FrameError):
        return Failure(kind="FrameError", field=None, offset=error.offset, reason=_sentence(error))
    return Failure(
        kind="DecodeError",
        field=error.field,
        offset=error.offset,
        reason=error.reason,
        fields=_masked(error.decoded, dialects),
    )


def _sentence(error: FrameError) -> str:
    """Return the refusal without its place, which goes beside it."""
    parts = [error.reason]
    parts += [f"expected {error.expected}"] if error.expected else []
    parts += [f"found {error.found}"] if error.found else []
    parts += [error.hint] if error.hint else []
    return "; ".join(parts)


def _masked(decoded: Mapping[str, str], dialects: Sequence[Dialect]) -> dict[str, str]:
    """Return the fields before a failure, what is not shown alike in every dialect hidden."""
    fields = {int(path): text for path, text in decoded.items() if path.isdigit()}
    versions = [masked_fields(dialect, fields, {}, {})[0] for dialect in dialects]
    return {
        str(number): version.pop() if len(version) == 1 else HIDDEN * len(text)
        for number, text in fields.items()
        if (version := {texts[number] for texts in versions})
    }
