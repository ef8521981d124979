"""From a frame as it was on the wire to a line of a trace (simulators/replay): clean, with words.

The only way in: nothing reaches a trace that was not cleaned here.
"""

from __future__ import annotations

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
from simulators.replay.trace.form import Frame, Header, Masking, Side, Summary, To

_WANTED: Final = (3, 11, 37, 41, 2, 4, 39)


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
        self._sides = {side: _Maker(dialect, tokens) for side, dialect in dialects.items()}

    def header(self, made_by: str, skipped: tuple[str, ...] = ()) -> Header:
        """Return the header of such a trace."""
        return Header(
            made_by=made_by,
            dialects={side: dialect.name for side, dialect in self._dialects.items()},
            masking=Masking(key=self._tokens.name),
            skipped=skipped,
        )

    def frame(self, at_us: int, connection: str, side: Side, to: To, frame: bytes) -> Frame:
        """Return the line of a frame that is given without its length prefix."""
        maker = self._sides[side]
        cleaned = maker.clean(frame)
        return Frame(
            at_us=at_us,
            connection=connection,
            side=side,
            to=to,
            hex=(maker.framing.prefix(len(cleaned.frame)) + cleaned.frame).hex(),
            summary=None if cleaned.reason else maker.summaries.of(cleaned.frame),
            note=cleaned.reason,
        )
