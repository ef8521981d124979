"""Our own terminal as the terminal under test (simulators/conformance): the plan, done by itself.

Pure like the terminal that it drives: bytes and moments in, bytes out. A mutant is the same with
one seam replaced (`Parts`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from messages.framing import Deframer
from simulators.cards import Card, fictional_card
from simulators.conformance.rules.model import Action, Case
from simulators.requests import Identity
from simulators.social_security.sample import person_of
from simulators.terminal import Terminal
from simulators.terminal_memory import Entry, Job, Kind, Memory, Slip
from simulators.terminals.services import INQUIRIES, PAYMENTS, payload
from simulators.wire import Wire
from switch.core.moment import Moment

_NS_PER_S: Final = 1_000_000_000
PAUSE_NS: Final = 200_000_000
"""Between two things that a tester does."""
AGAIN_NS: Final = 1_000_000_000
"""Until a lost connection is made again."""
_NO_CARD: Final = frozenset(
    {Kind.SIGN_ON, Kind.SIGN_OFF, Kind.ECHO, Kind.REVERSAL, Kind.SETTLEMENT, Kind.RECONCILIATION}
)


class Ear:
    """How a terminal cuts what it hears into frames; the seam for what it gets wrong there."""

    def __init__(self, wire: Wire) -> None:
        """Begin at a frame boundary."""
        self._deframer = Deframer(wire.framing)

    def hear(self, data: bytes) -> list[bytes]:
        """Return the frames that these bytes complete, without their length."""
        return self._deframer.feed(data)

    @property
    def hangs_up(self) -> bool:
        """Whether the terminal gives the connection up."""
        return self._deframer.failure is not None


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What a driven terminal is made of: the seams of a mutant."""

    wire: Callable[[Wire], Wire] = lambda wire: wire
    terminal: type[Terminal] = Terminal
    ear: type[Ear] = Ear
    job: Callable[[Job], Job] = lambda job: job
    sends: Callable[[bytes], bytes] = lambda frame: frame
    """A whole frame as it leaves, its length included."""
    sign_on_code: str = ""


HEALTHY: Final = Parts()


class Driver:
    """One terminal that does the actions of cases, one after the other."""

    def __init__(
        self, identity: Identity, wire: Wire, cases: Sequence[Case], parts: Parts = HEALTHY
    ) -> None:
        """Plan the actions in this order; the terminal begins like one from the box."""
        self._wire = parts.wire(wire)
        self._parts = parts
        self.terminal = parts.terminal(identity, self._wire, Memory())
        self._plan: deque[tuple[Case, Action]] = deque(
            (case, action) for case in cases for action in case.do
        )
        self._cases: Mapping[str, Case] = {case.id: case for case in cases}
        self._slips: dict[str, Slip] = {}
        self._bills: dict[str, str] = {}
        self._ear = parts.ear(wire)
        self._rests_until_ns = 0
        self._idle_since_ns = 0
        self.is_connected = False
        self.at_case = ""

    @property
    def is_done(self) -> bool:
        """Whether every action was done."""
        return not self._plan and self.terminal.is_idle and self.terminal.next_due_ns is None

    @property
    def next_due_ns(self) -> int | None:
        """When `expire` is wanted."""
        due = self.terminal.next_due_ns
        if self.terminal.is_idle and self._plan:
            return self._rests_until_ns if due is None else min(due, self._rests_until_ns)
        return due

    def connected(self, at: Moment) -> list[bytes]:
        """Go on over a new connection."""
        self.is_connected = True
        self._ear = self._parts.ear(self._wire)
        self._rest(at)
        return self._out(self.terminal.connected(at), at)

    def disconnected(self, at: Moment) -> None:
        """Lose the connection."""
        self.is_connected = False
        self.terminal.disconnected(at)

    def received(self, data: bytes, at: Moment) -> list[bytes]:
        """Take bytes; return what is sent."""
        sent: list[bytes] = []
        for frame in self._ear.hear(data):
            sent += self.terminal.received(frame, at)
        self._rest(at)
        return self._out(sent, at)

    def _rest(self, at: Moment) -> None:
        self._rests_until_ns = max(self._rests_until_ns, at.elapsed_ns + PAUSE_NS)

    @property
    def hangs_up(self) -> bool:
        """Whether the terminal gives the connection up."""
        return self._ear.hangs_up

    def expire(self, at: Moment) -> list[bytes]:
        """Do what is due: the terminal's own, or the next action."""
        due, sent = self.terminal.next_due_ns, []
        if due is not None and due <= at.elapsed_ns:
            sent = self.terminal.expire(at)
            self._idle_since_ns = at.elapsed_ns
            self._rest(at)
        if self.terminal.is_idle and self.is_connected and self._rests_until_ns <= at.elapsed_ns:
            sent += self._next(at)
        return self._out(sent, at)

    def _next(self, at: Moment) -> list[bytes]:
        self._keep_slips()
        while self._plan:
            wait_ns = int(self._plan[0][1].wait_s * _NS_PER_S)
            if at.elapsed_ns < self._idle_since_ns + wait_ns:
                self._rests_until_ns = self._idle_since_ns + wait_ns
                return []
            case, action = self._plan.popleft()
            self.at_case = case.id
            job = self._job(action)
            self._rests_until_ns = at.elapsed_ns + PAUSE_NS
            if job is not None:
                return self.terminal.ask(self._parts.job(job), at)
        return []

    def _keep_slips(self) -> None:
        for slip in self.terminal.memory.slips:
            self._slips.setdefault(f"{slip.kind}-{slip.amount_fen}", slip)
        results = self.terminal.results
        if results and results[-1].kind in INQUIRIES and results[-1].told.get("S5"):
            self._bills[self.at_case] = results[-1].told["S5"]

    def _job(self, action: Action) -> Job | None:
        kind = Kind(action.job)
        code = action.code
        if kind is Kind.SIGN_ON and not code:
            code = self._parts.sign_on_code
        of = None
        if kind in INQUIRIES | PAYMENTS:
            return self._service(kind, action)
        if action.of:
            case = self._cases.get(action.of)
            if case is None:
                return None
            first = case.do[0]
            of = self._slips.get(f"{first.job}-{first.amount_fen}")
            if of is None:
                return None
        card: Card | None = None
        if kind not in _NO_CARD:
            card = fictional_card(action.card, signs=True)
            card = msgspec.structs.replace(card, pin=action.pin or card.pin)
        fen, entry = action.amount_fen, Entry(action.entry)
        return Job(kind=kind, card=card, amount_fen=fen, code=code, of=of, entry=entry)

    def _service(self, kind: Kind, action: Action) -> Job | None:
        """Return the job of a social service; None where the bill that it is about never came."""
        bill = self._bills.get(action.of, "")
        if action.of and not bill:
            return None
        said = {"S2": person_of(action.card).identity, "S5": bill, **action.tags}
        return Job(
            kind=kind,
            card=fictional_card(action.card, signs=True),
            amount_fen=action.amount_fen,
            content=payload(dict(sorted(said.items()))),
        )

    def _out(self, frames: list[bytes], at: Moment) -> list[bytes]:
        if frames or not self.terminal.is_idle:
            self._idle_since_ns = at.elapsed_ns
            self._rest(at)
        return [self._parts.sends(frame) for frame in frames]
