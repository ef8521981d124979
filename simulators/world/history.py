"""What happened in a world (simulators/world), in order: all that the checkers read.

Frames stay in memory only; nothing here prints one.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

import msgspec

from simulators.accounts import Accounts
from simulators.terminal_memory import Memory
from simulators.wire import Heard, Wire
from switch.core.configuration import Configuration
from switch.core.operations import (
    Advice,
    Operation,
    Row,
)
from switch.core.outcomes import (
    Outcome,
    TotalsAre,
)


class Applied(msgspec.Struct, frozen=True, gc=False):
    """The ledger carried out an operation; nobody may have heard of the outcome."""

    number: int
    at_ns: int
    operation: Operation
    outcome: Outcome


class Told(msgspec.Struct, frozen=True, gc=False):
    """The switch wrote a frame to a terminal's connection."""

    number: int
    at_ns: int
    heard: Heard


class Reported(msgspec.Struct, frozen=True, gc=False):
    """The switch reported something."""

    number: int
    at_ns: int
    event: str
    facts: dict[str, object]


class IssuerSide(msgspec.Struct, frozen=True):
    """What an issuer has when the world ends: its link, its books, the reversals it was sent."""

    link: str
    accounts: Accounts
    reversals: list[tuple[str, dict[int, str]]]


class End(msgspec.Struct, frozen=True, kw_only=True):
    """How a world ended. `settled_after_ns` is None where it never became quiet."""

    rows: list[Row]
    advices: list[Advice]
    totals: TotalsAre
    memories: dict[str, Memory]
    issuers: list[IssuerSide]
    settled_after_ns: int | None
    unsettled: str = ""


class History:
    """The record of one world and the digest of everything in it."""

    def __init__(self, configuration: Configuration, wire: Wire) -> None:
        """Begin with nothing recorded; `wire` reads what terminals are told."""
        self.configuration = configuration
        self.applied: list[Applied] = []
        self.told: list[Told] = []
        self.reported: list[Reported] = []
        self.stops: list[str] = []
        self.lines: list[str] | None = None
        self.crashes = 0
        self.end: End
        self._wire = wire
        self._number = 0
        self._digest = blake2b(digest_size=16)

    @property
    def digest(self) -> str:
        """The digest of all that was noted so far, 32 hexadecimal digits."""
        return self._digest.hexdigest()

    def note(self, at_ns: int, what: str, content: bytes = b"", words: str = "") -> None:
        """Put something into the digest, and into the trace for people where one is kept."""
        self._digest.update(b"%d %s %b\n" % (at_ns, what.encode(), content))
        if self.lines is not None:
            self.lines.append(f"{at_ns / 1e9:12.6f}  {what:24} {words}".rstrip())

    def ledger_did(self, at_ns: int, operation: Operation, outcome: Outcome) -> None:
        """Record an operation and its outcome."""
        self._number += 1
        self.applied.append(Applied(self._number, at_ns, operation, outcome))
        words = f"{type(operation).__name__} -> {type(outcome).__name__}"
        self.note(at_ns, "ledger", msgspec.msgpack.encode((operation, outcome)), words)

    def terminal_was_told(self, at_ns: int, whole: bytes) -> None:
        """Record a frame to a terminal."""
        self._number += 1
        self.told.append(Told(self._number, at_ns, self._wire.hear(self._wire.bare(whole))))

    def switch_reported(self, at_ns: int, event: str, facts: dict[str, object]) -> None:
        """Record a report."""
        self._number += 1
        self.reported.append(Reported(self._number, at_ns, event, facts))
        self.note(at_ns, f"report {event}", repr(facts).encode(), repr(facts))

    def answers(self, mti: str) -> Iterator[Told]:
        """Yield what terminals were told under this MTI, in order."""
        return (told for told in self.told if told.heard.mti == mti)
