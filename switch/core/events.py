"""What happened, in the past tense: all that the engine ever learns.

Every event reaches `Engine.handle` with the moment at which the shell noticed it.
"""

from __future__ import annotations

import msgspec

from switch.core.configuration import Configuration
from switch.core.outcomes import (
    Outcome,
)


class Started(msgspec.Struct, frozen=True, gc=False):
    """The process is up; `nonce` tells this incarnation from every other (16 random bytes)."""

    nonce: bytes


class TerminalConnected(msgspec.Struct, frozen=True, gc=False):
    """A terminal, or a concentrator of terminals, opened a connection.

    `access` is the class of line that it came over, empty where the listener says nothing of it.
    """

    connection: int
    access: str = ""


class TerminalDisconnected(msgspec.Struct, frozen=True, gc=False):
    """A terminal's connection is gone; what it asked for goes on."""

    connection: int


class TerminalFrameReceived(msgspec.Struct, frozen=True, gc=False):
    """A whole frame without its length prefix came from a terminal."""

    connection: int
    frame: bytes

    def __repr__(self) -> str:
        return f"TerminalFrameReceived({self.connection}, {len(self.frame)} bytes)"


class LinkConnected(msgspec.Struct, frozen=True, gc=False):
    """The TCP connection to an issuer's host stands; nobody has signed on yet."""

    link: str


class LinkDisconnected(msgspec.Struct, frozen=True, gc=False):
    """The TCP connection to an issuer's host is gone."""

    link: str


class LinkFrameReceived(msgspec.Struct, frozen=True, gc=False):
    """A whole frame without its length prefix came over an issuer link."""

    link: str
    frame: bytes

    def __repr__(self) -> str:
        return f"LinkFrameReceived({self.link!r}, {len(self.frame)} bytes)"


class LedgerAnswered(msgspec.Struct, frozen=True, gc=False):
    """The ledger decided what was submitted under `ticket`, or cannot say (`Unknown`)."""

    ticket: int
    outcome: Outcome


class KeysDrawn(msgspec.Struct, frozen=True, gc=False):
    """Random bytes for new working keys: PIK (16), MAK (8 or 16)."""

    ticket: int
    pik: bytes
    mak: bytes

    def __repr__(self) -> str:
        return f"KeysDrawn({self.ticket}, {len(self.pik)} and {len(self.mak)} bytes)"


class TimePassed(msgspec.Struct, frozen=True, gc=False):
    """The moment that `Engine.next_deadline_ns` named has come."""


class ClocksCompared(msgspec.Struct, frozen=True, gc=False):
    """Our wall clock is certainly `ahead_ms` ahead of the ledger's (negative: behind)."""

    ahead_ms: int


class ConfigurationChanged(msgspec.Struct, frozen=True, gc=False):
    """A new snapshot is in force for whatever begins from now on."""

    configuration: Configuration


class DrainBegun(msgspec.Struct, frozen=True, gc=False):
    """The process shall end: nothing new is taken, what is in flight is finished."""


Event = (
    Started
    | TerminalConnected
    | TerminalDisconnected
    | TerminalFrameReceived
    | LinkConnected
    | LinkDisconnected
    | LinkFrameReceived
    | LedgerAnswered
    | KeysDrawn
    | TimePassed
    | ClocksCompared
    | ConfigurationChanged
    | DrainBegun
)
