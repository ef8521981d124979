"""The trace format (simulators/replay): JSON lines, a header first, then a line a frame.

docs/reference/traces.md describes it. Readers ignore keys that they do not know; a new version is
needed only where an old reader would get something wrong.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

VERSION: Final = 1
LONGEST_LINE: Final = 1 << 17
"""Bytes of a line: a frame of 9999 bytes is a sixth of it."""

Side = Literal["terminal", "issuer"]
"""Which side of the switch a connection is on."""
To = Literal["switch", "peer"]
"""Whom a frame goes to."""


class TraceError(ValueError):
    """Something that is no trace or no capture; the text says what, where and why."""


class Masking(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of card data; `key` names the recording key without giving it away."""

    pan: str = "token"
    track: str = "token"
    expiry: str = "4912"
    pin_block: str = "zero"
    cryptogram: str = "zero"
    secret: str = "zero"  # noqa: S105 - what became of secrets
    key: str = ""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line. `dialects` is side -> name; times are microseconds since 1970 in UTC.

    `skipped` are remarks of whoever made the trace: bytes, packets or frames that are not in it.
    """

    jinbao_trace: int = VERSION
    made_by: str
    dialects: dict[Side, str]
    time_zone: str = "+08:00"
    masking: Masking = Masking()
    skipped: tuple[str, ...] = ()


class Summary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a frame says, in short; the PAN masked, amounts in fen."""

    mti: str
    processing: str = ""
    stan: str = ""
    rrn: str = ""
    terminal: str = ""
    pan: str = ""
    amount_fen: int | None = None
    code: str = ""


class Frame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One frame on one connection; `hex` begins with its length prefix.

    `note` says what is wrong with it, or what came before it and is not in the trace.
    """

    at_us: int
    connection: str
    side: Side
    to: To
    hex: str
    summary: Summary | None = None
    note: str = ""

    @property
    def data(self) -> bytes:
        """The bytes, with the length prefix."""
        return bytes.fromhex(self.hex)


_ENCODER: Final = msgspec.json.Encoder()
_FRAMES: Final = msgspec.json.Decoder(Frame)
_HEADERS: Final = msgspec.json.Decoder(Header)


def line_of(item: Header | Frame) -> bytes:
    """Return one line, with its end."""
    return _ENCODER.encode(item) + b"\n"


def read_header(line: bytes, where: str) -> Header:
    """Return what a first line says; TraceError where it is no header of a version we know."""
    try:
        header = _HEADERS.decode(line)
    except (msgspec.MsgspecError, ValueError) as error:
        raise TraceError(f"{where}: not the header of a trace ({_reason(error)})") from None
    if header.jinbao_trace != VERSION:
        msg = f"{where}: a trace of version {header.jinbao_trace}; this program reads {VERSION}"
        raise TraceError(msg)
    return header


def read_frame(line: bytes, where: str) -> Frame:
    """Return the frame of a line; TraceError where it is none."""
    try:
        frame = _FRAMES.decode(line)
        bytes.fromhex(frame.hex)
    except (msgspec.MsgspecError, ValueError) as error:
        raise TraceError(f"{where}: no frame of a trace ({_reason(error)})") from None
    return frame


def _reason(error: Exception) -> str:
    """Return a decoder's complaint; only what names a key or a place, never a value."""
    if isinstance(error, msgspec.ValidationError | msgspec.DecodeError):
        text = str(error)
        return text if len(text) <= _LONGEST_REASON and "'" not in text else "malformed JSON"
    return "its hex is no pairs of hexadecimal digits"


_LONGEST_REASON: Final = 160
