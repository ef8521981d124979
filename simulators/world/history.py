"""What happened in a world (simulators/world), in order: all that the checkers read.

Frames stay in memory only; nothing here prints one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import Any, Final, TypeVar, cast

import msgspec

from messages.errors import DecodeError
from simulators.accounts import Accounts
from simulators.checkers.books.bank_tables import BankTable
from simulators.products.books import Shelf
from simulators.social_security.books import Books
from simulators.terminal_memory import Memory
from simulators.wire import Heard, Wire
from simulators.world.agenda import Agenda
from simulators.world.matrix.asking import Gate
from switch.core.batches.values import Batch
from switch.core.configuration import Configuration
from switch.core.effects import Effect, Submit
from switch.core.events import Event, LedgerAnswered
from switch.core.operations import (
    Advice,
    Operation,
    Row,
)
from switch.core.outcomes import Closed, Opened, Outcome, TotalsAre
from switch.core.social.payouts import Payout
from switch.core.transaction import State
from switch.settlement.clearing import Clearing

FINANCIAL_ANSWERS: Final = frozenset({"0110", "0210", "0230"})
T = TypeVar("T")
_PACKED: Final = msgspec.msgpack.Encoder().encode
_AT_A_TIME: Final = 512
"""Notes that go into the digest together."""
MOST_SECRETS: Final = 128
"""So many are looked for in each world."""


class Applied(msgspec.Struct, frozen=True, gc=False):
    """The ledger carried out an operation; nobody may have heard of the outcome."""

    number: int
    step: int
    at_ns: int
    operation: Operation
    outcome: Outcome


class Told(msgspec.Struct, frozen=True, gc=False):
    """The switch `by` wrote a frame to a terminal's connection."""

    number: int
    step: int
    at_ns: int
    by: str
    heard: Heard


class Reported(msgspec.Struct, frozen=True, gc=False):
    """The switch reported something."""

    number: int
    step: int
    event: str
    facts: dict[str, object]
    text: bytes
    """The facts as they would stand in a log."""


class Spoken(msgspec.Struct, frozen=True, gc=False):
    """A frame that the switch sent or got, kept only where a trace is; `who` to or from whom."""

    step: int
    at_ns: int
    who: str
    is_terminal: bool
    heard: Heard


class IssuerSide(msgspec.Struct, frozen=True):
    """What an issuer has when the world ends: its links, its books, the reversals it was sent."""

    links: tuple[str, ...]
    accounts: Accounts
    reversals: list[tuple[str, dict[int, str]]]

    @property
    def name(self) -> str:
        """Its first link, by which it is told from others."""
        return self.links[0]


class End(msgspec.Struct, frozen=True, kw_only=True):
    """How a world ended. `settled_after_ns` is None where it never became quiet."""

    rows: list[Row]
    advices: list[Advice]
    totals: TotalsAre
    memories: dict[str, Memory]
    issuers: list[IssuerSide]
    settled_after_ns: int | None
    batches: list[Batch] | None = None
    """What the terminals settled at the end, None where they were not asked to."""
    unsettled: str = ""
    step: int = 0
    lasted_ns: int = 0
    social: Books | None = None
    """The books of the social-security host, None where there was none."""
    shop: Shelf | None = None
    """The books of the product host, None where there was none."""
    payouts: tuple[Payout, ...] = ()
    """What was ordered to be paid out."""
    caps: dict[tuple[bytes, int], tuple[int, int]] | None = None
    """What the ledger holds and has committed of each card's day; None where nobody looked."""


class Evening(msgspec.Struct, frozen=True):
    """The books as they stood when a day was over: all clearing days before one are closed."""

    open_from: int
    rows: list[Row]
    batches: list[Batch]
    clearings: list[Clearing]
    """What was cleared this evening."""
    failure: str = ""
    """Why a day could not be cleared."""


class History:
    """The record of one world and the digest of everything in it."""

    def __init__(self, configuration: Configuration, wire: Wire, agenda: Agenda) -> None:
        """Begin with nothing recorded; `wire` reads what terminals are told."""
        self._agenda = agenda
        self.configuration = configuration
        self.bank_tariff = BankTable.FREE
        """What the banks take of cardholders."""
        self.applied: list[Applied] = []
        self.told: list[Told] = []
        self.reported: list[Reported] = []
        self.stops: list[str] = []
        self._worked_out: dict[str, tuple[int, object]] = {}
        self.lines: list[str] | None = None
        self.spoken: list[Spoken] = []
        self.counts: Counter[str] = Counter()
        """How often processes ended and how, and what was at stake that only shows at the time."""
        self.pairs: set[tuple[State, str]] = set()
        """Events that an engine met while a transaction in flight was in a state."""
        self.deaths: list[tuple[int, str]] = []
        """When the process of which switch ended."""
        self.garbled: set[bytes] = set()
        """Answers of issuers whose MAC is wrong, as they are on the line."""
        self.believed: list[tuple[int, Operation]] = []
        """What a switch asked of the ledger when it got one of these, and at which step."""
        self.secrets: set[bytes] = set()
        """Card data that was on a wire or on a card: nothing of it may be stored or reported."""
        self.fired: dict[str, int] = {}
        """Faults that happened, by kind."""
        self.evenings: list[Evening] = []
        """Each day's end, once everything had come to rest and every terminal had settled."""
        self.is_whole = True
        """Whether it ran to its end, and was not stopped at a step."""
        self.gate: Gate | None = None
        """What was asked under which registry, None where there is none."""
        self.verdicts: dict[tuple[object, ...], Any] = {}
        """What the checker of stages worked out before."""
        self.end: End
        self._wire = wire
        self._secret_fields = wire.viewer.select(35, 52)
        self._number = 0
        self._digest = blake2b(digest_size=16)
        self._noted: list[bytes] = []

    @property
    def digest(self) -> str:
        """The digest of all that was noted so far, 32 hexadecimal digits."""
        self._take_in()
        return self._digest.hexdigest()

    def _take_in(self) -> None:
        """Take what was noted into the digest."""
        self._noted.append(b"")
        self._digest.update(b"\n".join(self._noted))
        self._noted.clear()

    def note(self, at_ns: int, what: str, content: bytes = b"", words: str = "") -> None:
        """Put something into the digest, and into the trace for people where one is kept."""
        noted = self._noted
        noted.append(b"%d %b %b" % (at_ns, what.encode(), content))
        if len(noted) > _AT_A_TIME:
            self._take_in()
        if self.lines is not None:
            self.lines.append(f"{at_ns / 1e9:12.6f}  {what:24} {words}".rstrip())

    def once(self, name: str, work: Callable[[History], T]) -> T:
        """Return what several checkers want, worked out once for as much as has happened."""
        size, known = self._worked_out.get(name, (-1, None))
        if size == len(self.applied):
            return cast("T", known)
        made = work(self)
        self._worked_out[name] = len(self.applied), made
        return made

    @property
    def crashes(self) -> int:
        """How often a process ended without being asked to."""
        return self.counts["crash"] + self.counts["stop"]

    def met(self, event: Event, states: set[State]) -> None:
        """Record that an engine meets an event while transactions are in these states."""
        name = type(event).__name__
        for state in states:
            self.pairs.add((state, name))

    def got(self, frame: bytes, effects: Iterable[Effect]) -> None:
        """Record what a switch does when it gets an issuer's answer whose MAC is wrong."""
        if frame in self.garbled:
            asked = (effect.operation for effect in effects if isinstance(effect, Submit))
            self.believed += [(self._agenda.step, operation) for operation in asked]

    def cut_short(self, event: Event) -> None:
        """Record that a process dies before all that an event asked for was done."""
        if isinstance(event, LedgerAnswered):
            self.lost_answers((event.outcome,))

    def lost_answers(self, outcomes: Iterable[Outcome]) -> None:
        """Record that a process dies before it acted on what the ledger did."""
        for outcome in outcomes:
            if isinstance(outcome, Opened):
                self.counts["death between open and send"] += 1
            elif isinstance(outcome, Closed):
                self.counts["death between close and answer"] += 1

    def ledger_did(self, at_ns: int, operation: Operation, outcome: Outcome) -> None:
        """Record an operation and its outcome."""
        self._number += 1
        self.applied.append(Applied(self._number, self._agenda.step, at_ns, operation, outcome))
        words = ""
        if self.lines is not None:
            words = f"{type(operation).__name__} -> {type(outcome).__name__}"
        self.note(at_ns, "ledger", _PACKED((operation, outcome)), words)

    def heard_from_terminal(self, bare: bytes) -> None:
        """Remember track (DE 35) and PIN block (DE 52) of a frame, to be looked for later."""
        if len(self.secrets) < MOST_SECRETS:
            try:
                view = self._wire.viewer.index(bare, self._wire.dialect.frame.head_size)
                texts = self._secret_fields(view)
            except DecodeError:
                return
            for text in texts:
                if text is not None:
                    self.keep_secret(text)

    def held_against(self, by: str, wire: Wire, frame: bytes) -> None:
        """Record a request that a switch takes, where there is a registry to hold it against."""
        if self.gate is not None:
            self._number += 1
            at = self._number, self._agenda.step, self._agenda.moment
            self.gate.heard(by, wire, frame, at)

    def sent_to(self, by: str, link: str, wire: Wire, frame: bytes) -> None:
        """Record what a switch sends over a line of 金保专网, where there is a registry."""
        if self.gate is not None and link in self.gate.private:
            self._number += 1
            at = self._number, self._agenda.step, self._agenda.moment
            self.gate.spoken(by, link, wire.hear(frame), at)

    def reconfigured(self, by: str, configuration: Configuration) -> None:
        """Record that a switch is told a configuration, at its start or later."""
        if self.gate is not None:
            self._number += 1
            self.gate.comes_into_force(by, configuration.registry, self._number)

    def keep_secret(self, digits: str) -> None:
        """Remember digits that must be told to nobody, as text and as the bytes they stand for."""
        if len(self.secrets) < MOST_SECRETS:
            self.secrets.add(digits.encode("ascii"))
            if len(digits) % 2 == 0:
                self.secrets.add(bytes.fromhex(digits.replace("=", "D")))

    def frame(self, at_ns: int, who: str, wire: Wire, bare: bytes) -> None:
        """Note a frame without its prefix, and keep what it says where a trace is kept."""
        self.note(at_ns, who, bare)
        if self.lines is not None:
            try:
                heard = wire.hear(bare)
            except DecodeError:
                return
            is_terminal = wire is self._wire
            self.spoken.append(Spoken(self._agenda.step, at_ns, who, is_terminal, heard))

    def died(self, name: str, how: str) -> None:
        """Record that a switch's process ended, asked to or not."""
        self.counts[how] += 1
        self.deaths.append((self._agenda.now_ns, name))
        self.note(self._agenda.now_ns, f"{how} {name}")

    def terminal_was_told(self, by: str, bare: bytes) -> None:
        """Record a frame to a terminal, without its prefix."""
        self._number += 1
        heard = self._wire.overhear(bare)
        self.told.append(Told(self._number, self._agenda.step, self._agenda.now_ns, by, heard))

    def switch_reported(self, at_ns: int, event: str, facts: dict[str, object]) -> None:
        """Record a report."""
        self._number += 1
        words = repr(facts)
        text = words.encode()
        self.reported.append(Reported(self._number, self._agenda.step, event, facts, text))
        self.note(at_ns, f"report {event}", text, words)

    def answers(self) -> Iterator[Told]:
        """Yield what terminals were told of financial requests and advices, in order."""
        return (told for told in self.told if told.heard.mti in FINANCIAL_ANSWERS)
