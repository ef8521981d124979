"""Records of a run (simulators/conformance): notes of the core as plain values, card data masked.

A frame is kept as hexadecimal with stars for what may not be seen; what cannot be read is hidden
from its bitmap on, because nobody knows where a card number stands in it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from messages.dialects.dialect import Dialect
from messages.dialects.family import Family
from messages.dialects.shown import masked_fields
from messages.dialects.subfields import leaves
from messages.framing import Framing
from simulators.conformance.hearing.heard import PREFIX, Heard, read
from simulators.conformance.judging.happenings import Note
from simulators.conformance.judging.tally import Failure
from switch.core.moment import SHANGHAI

_SHIFTS: Final = frozenset({"prefix-unit", "prefix-form", "fixed-length", "trailing"})
"""Findings after which the fields are not where a reader of the bytes would look."""
_OPEN_BYTES: Final = PREFIX + 11 + 2 + 8
"""Length, heads, MTI and bitmap hold no card data."""


class Recorder:
    """Makes records of notes."""

    def __init__(self, dialects: tuple[Dialect, ...]) -> None:
        """Make the dialects ready for reading what the host itself sends."""
        self._family = Family(dialects)
        self._framings = tuple(Framing(dialect.frame) for dialect in dialects)
        self._began_ns: int | None = None

    def record(self, note: Note) -> dict[str, Any]:
        """Return a note as plain values."""
        if self._began_ns is None:
            self._began_ns = note.at.elapsed_ns
        told: dict[str, Any] = {
            "n": note.number,
            "at": when(note.at.utc_ms),
            "ms": (note.at.elapsed_ns - self._began_ns) // 1_000_000,
            "what": note.what,
            "terminal": note.terminal,
        }
        if note.case:
            told["case"] = note.case
        if note.words:
            told["words"] = note.words
        if note.frame:
            told |= self._frame(note)
        if note.kept:
            told["kept"] = list(note.kept)
        if note.failures:
            told["broken"] = [_broken(failure) for failure in note.failures]
        return told

    def _frame(self, note: Note) -> dict[str, Any]:
        heard = note.heard
        if heard is None and note.what == "sent":
            frame = note.frame[PREFIX:]
            number = self._family.which(frame)
            found = read(self._family.dialects[number], self._framings[number], frame)
            heard = found if isinstance(found, Heard) else None
        if heard is None:
            return {"frame": _hidden(note.frame)}
        shifts = any(f.judgement.check in _SHIFTS for f in note.failures)
        return {
            "dialect": heard.dialect.name,
            "mti": heard.mti,
            "transaction": heard.kind,
            "heads": {name: dict(parts) for name, parts in heard.heads.items()},
            "frame": _hidden(note.frame) if shifts else masked_frame(heard, note.frame),
            "fields": _fields(heard),
        }


def when(utc_ms: int) -> str:
    """Return a time as it is told: ISO 8601 in Shanghai, with milliseconds."""
    at = datetime.fromtimestamp(utc_ms / 1000, UTC) + SHANGHAI
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc_ms % 1000:03d}+08:00"


def _broken(failure: Failure) -> dict[str, Any]:
    judgement = failure.judgement
    told: dict[str, Any] = {"requirement": failure.requirement}
    case = judgement.about.get("case", "")
    values = (
        ("case", case),
        ("field", judgement.field),
        ("expected", judgement.expected),
        ("found", judgement.found),
    )
    told |= {name: value for name, value in values if value}
    if judgement.offset >= 0:
        told["offset"] = judgement.offset
    return told


def _hidden(frame: bytes) -> str:
    return frame[:_OPEN_BYTES].hex().upper() + "**" * max(0, len(frame) - _OPEN_BYTES)


def masked_frame(heard: Heard, frame: bytes) -> str:
    """Return a whole frame in hexadecimal, with stars for what its dialect masks."""
    message = heard.message
    _, raw = masked_fields(heard.dialect, message.fields, message.raw, heard.divisions)
    digits = list(frame.hex().upper())
    for number, start in heard.starts.items():
        at = 2 * (start + PREFIX)
        shown = raw.get(number, "*" * 2 * len(message.raw[number]))
        digits[at : at + len(shown)] = shown
    return "".join(digits)


def _fields(heard: Heard) -> dict[str, str]:
    message = heard.message
    shown, _ = masked_fields(heard.dialect, message.fields, message.raw, heard.divisions)
    told: dict[str, str] = {}
    for number in sorted(message.fields):
        told[str(number)] = shown[number]
        told |= {leaf.path: leaf.shown for leaf in leaves(heard.divisions.get(number, ()))}
    return told
