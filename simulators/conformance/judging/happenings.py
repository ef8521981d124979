"""What reaches the judging core and what it asks for (simulators/conformance): events, effects.

Events are in the past tense, effects in the imperative, as in the switch's core.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from simulators.conformance.hearing.heard import Heard
from simulators.conformance.judging.tally import Failure
from switch.core.moment import Moment


class Connected(msgspec.Struct, frozen=True):
    """Somebody opened a connection."""

    connection: int


class Received(msgspec.Struct, frozen=True):
    """Bytes came over a connection, in whatever pieces."""

    connection: int
    data: bytes

    def __repr__(self) -> str:
        return f"Received({self.connection}, {len(self.data)} bytes)"


class Disconnected(msgspec.Struct, frozen=True):
    """A connection is gone."""

    connection: int


class TurnedAway(msgspec.Struct, frozen=True):
    """Somebody opened a connection, and it never came to be one; `why` is for the tester."""

    why: str


class Unwrappable(msgspec.Struct, frozen=True):
    """Bytes came over a connection of which the outer frame could not be taken off."""

    connection: int
    data: bytes
    why: str

    def __repr__(self) -> str:
        return f"Unwrappable({self.connection}, {len(self.data)} bytes)"


class TimePassed(msgspec.Struct, frozen=True):
    """The moment that `next_deadline_ns` named has come."""


Event = Connected | Received | Disconnected | TurnedAway | Unwrappable | TimePassed


class Send(msgspec.Struct, frozen=True):
    """Write bytes to a connection, so much later, if it still stands."""

    connection: int
    data: bytes
    after_ms: int = 0

    def __repr__(self) -> str:
        return f"Send({self.connection}, {len(self.data)} bytes, {self.after_ms} ms)"


class Close(msgspec.Struct, frozen=True):
    """Close a connection; `why` is for the tester."""

    connection: int
    why: str


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Keep a record: a frame that came or went, or something that happened.

    `frame` is whole and unmasked: whoever keeps it masks it. `kept` and `failures` are what it
    showed of the requirements.
    """

    number: int
    at: Moment
    what: Literal["received", "sent", "event"]
    terminal: str
    case: str = ""
    frame: bytes = b""
    heard: Heard | None = None
    kept: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    words: str = ""

    def __repr__(self) -> str:
        return f"Note({self.number}, {self.what})"


Effect = Send | Close | Note
