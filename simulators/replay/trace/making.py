"""From a frame as it was on the wire to a line of a trace (simulators/replay): clean, with words.

The only way in: nothing reaches a trace that was not cleaned here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from messages.dialects.dialect import Dialect
from messages.errors import DecodeError
from messages.fast.selecting import Texts
from messages.framing import Framing
from messages.tokens.cleaning import Cleaner
from messages.tokens.numbers import Tokens
from messages.values import mask_pan
from messages.view import View, Viewer, viewer_of
from simulators.replay.trace.form import (
    Frame,
    Header,
    Masking,
    Side,
    Summary,
    To,
    TraceError,
)

_WANTED: Final = (3, 11, 37, 41, 2, 4, 39)
MOST_NAMES: Final = 10_000
"""Names of connections that are known to be clean."""
_LONG: Final = re.compile(r"[0-9A-Fa-f]{13,}")
"""So many digits are no address: a card number has no more, and no fewer."""
_BETWEEN: Final = re.compile(r"[ ._-]")
_HIDDEN_NAME: Final = "hidden"
LAST_US: Final = 253_402_300_799_999_999
"""The last microsecond of the year 9999."""


def holds_digits(name: str) -> bool:
    """Tell whether a name has as many digits in a row as a card number, whatever is between."""
    return _LONG.search(_BETWEEN.sub("", name)) is not None


class Summaries:
    """Says in short what frames of one dialect say."""

    def __init__(self, dialect: Dialect) -> None:
        """Prepare the reader once."""
        self._viewer = viewer_of(dialect)
        self._base = dialect.frame.head_size
        self._select = _selection(dialect, self._viewer)

    def of(self, frame: bytes) -> Summary | None:
        """Return what a frame without its prefix says; None where it cannot be read."""
        try:
            view = self._viewer.index(frame, self._base)
            processing, stan, rrn, terminal, pan, amount, code = self._select(view)
        except DecodeError:
            return None
        return Summary(
            mti=view.mti,
            processing=processing or "",
            stan=stan or "",
            rrn=rrn or "",
            terminal=terminal or "",
            pan=mask_pan(pan) if pan else "",
            amount_fen=int(amount) if amount else None,
            code=code or "",
        )


def _selection(dialect: Dialect, viewer: Viewer) -> Callable[[View], Texts]:
    """Return what selects the fields that a summary has; None for those of no dialect."""
    known = [number for number in _WANTED if dialect.fields[number] is not None]
    select = viewer.select(*known)
    if len(known) == len(_WANTED):
        return select

    def some(view: View) -> Texts:
        found = dict(zip(known, select(view), strict=True))
        return tuple(found.get(number) for number in _WANTED)

    return some


class _Maker:
    """What one side needs."""

    __slots__ = ("clean", "framing", "summaries")

    def __init__(self, dialect: Dialect, tokens: Tokens) -> None:
        self.clean = Cleaner(dialect, tokens).clean
        self.framing = Framing(dialect.frame)
        self.summaries = Summaries(dialect)


class Maker:
    """Makes the lines of a trace, of both sides, under one recording key."""

    def __init__(self, dialects: dict[Side, Dialect], tokens: Tokens) -> None:
        """Prepare each side once."""
        self._dialects = dialects
        self._tokens = tokens
        self._names: dict[str, str] = {}
        self._odd_names: dict[str, str] = {}
        self._sides = {side: _Maker(dialect, tokens) for side, dialect in dialects.items()}

    def header(self, made_by: str, skipped: tuple[str, ...] = ()) -> Header:
        """Return the header of such a trace; what looks like card data in a name is left out."""
        words = (each if not holds_digits(each) else _HIDDEN_NAME for each in made_by.split(" "))
        return Header(
            made_by=" ".join(words),
            dialects={side: dialect.name for side, dialect in self._dialects.items()},
            masking=Masking(key=self._tokens.name),
            skipped=skipped,
        )

    def frame(self, at_us: int, connection: str, side: Side, to: To, frame: bytes) -> Frame:
        """Return the line of a frame that is given without its length prefix.

        TraceError for a time that no calendar has. A connection whose name could hold card data
        gets a number instead.
        """
        if not 0 <= at_us <= LAST_US:
            raise TraceError(f"a frame at {at_us} microseconds is outside all calendars")
        name = self._names.get(connection) or self._named(connection)
        maker = self._sides[side]
        cleaned = maker.clean(frame)
        return Frame(
            at_us=at_us,
            connection=name,
            side=side,
            to=to,
            hex=(maker.framing.prefix(len(cleaned.frame)) + cleaned.frame).hex(),
            summary=None if cleaned.reason else maker.summaries.of(cleaned.frame),
            note=cleaned.reason,
        )

    def _named(self, connection: str) -> str:
        """Return the name of a connection, or a number where it could hold card data."""
        name = connection
        if holds_digits(connection):
            name = self._odd_names.get(connection, "")
            if not name:
                if len(self._odd_names) >= MOST_NAMES:
                    return _HIDDEN_NAME
                name = f"connection-{len(self._odd_names) + 1}"
                self._odd_names[connection] = name
        if len(self._names) < MOST_NAMES:
            self._names[connection] = name
        return name
