"""The engine: every event goes in here with its moment, and effects come out.

Synchronous and deterministic: the same events at the same moments give the same effects. What
waits for the ledger, an issuer or the clock is kept in the rooms below, never on a stack.
"""

from __future__ import annotations

from collections.abc import Sequence

from messages.codec import Codec
from messages.errors import DecodeError, EncodeError
from messages.reasons import Reason
from switch.core.configuration import Configuration
from switch.core.deadlines import NEVER
from switch.core.effects import CloseTerminal, Effect
from switch.core.errors import InvariantBroken
from switch.core.events import (
    ClocksCompared,
    ConfigurationChanged,
    DrainBegun,
    Event,
    KeysDrawn,
    LedgerAnswered,
    LinkConnected,
    LinkDisconnected,
    LinkFrameReceived,
    Started,
    TerminalConnected,
    TerminalDisconnected,
    TerminalFrameReceived,
    TimePassed,
)
from switch.core.financial.closing import Closing
from switch.core.financial.in_flight import InFlight
from switch.core.financial.opening import Opening
from switch.core.financial.originals import Originals
from switch.core.financial.reversing import Reversing
from switch.core.incarnation.take_over import TakeOver
from switch.core.incarnation.trace_numbers import Numbers
from switch.core.issuers.links import Links
from switch.core.issuers.store_and_forward import StoreAndForward
from switch.core.issuers.wire import answer_mti
from switch.core.moment import Moment
from switch.core.outbox import Outbox
from switch.core.social.bills import Bills
from switch.core.social.reconciling import Reconciling
from switch.core.terminals.answers import code_for
from switch.core.terminals.identity import foresee_identity
from switch.core.terminals.intake import Intake, Step
from switch.core.terminals.management import Management
from switch.core.terminals.refusals import Refusals
from switch.core.terminals.request import Request
from switch.core.terminals.reversals import Reversals
from switch.core.terminals.sessions import Sessions
from switch.core.terminals.teller import Teller
from switch.core.terminals.wire import TerminalWires
from switch.core.transaction import State
from switch.core.transfers.carrying import Carrying
from switch.core.transfers.driving import Driving

_FINANCIAL = frozenset({"0100", "0200", "0220", "0620"})


class Engine:
    """One process's part of the switch."""

    def __init__(self, configuration: Configuration, walk: tuple[Step, ...]) -> None:
        """Begin idle; `Started` is the first event."""
        self.configuration = configuration
        self._outbox = Outbox()
        self._wire = TerminalWires(configuration.terminal_dialects)
        self._sessions = Sessions(self._outbox, configuration.terminal_dialect)
        stans, rrns = Numbers("stan"), Numbers("rrn")
        teller = Teller(self._outbox, self._wire)
        self._links = Links(configuration, self._outbox, stans)
        self._advices = StoreAndForward(configuration, self._outbox, self._links)
        self._refusals = Refusals(self._outbox)
        self._in_flight = InFlight(self._outbox, teller, stans, self._refusals)
        reversing = Reversing(self._outbox, stans)
        closing = Closing(
            self._outbox, teller, (self._links, self._advices), self._in_flight, reversing
        )
        bills = Bills(self._outbox, teller, (self._links, self._advices), closing, reversing)
        opening = Opening(self._outbox, teller, self._links, (closing, bills), (stans, rrns))
        carrying = Carrying(
            self._outbox,
            teller,
            (self._links, self._advices),
            (self._in_flight, reversing),
            (stans, rrns),
        )
        opening.begin_transfer = carrying.begin
        carrying.open_leg, carrying.seen_before = opening.open_leg, opening.seen_before
        self._transfers = Driving(configuration, self._outbox, self._advices, reversing, carrying)
        originals = Originals(self._outbox, self._in_flight)
        self._intake = Intake(self._outbox, self._wire, self._sessions, (originals, opening), walk)
        self._reversals = Reversals(
            self._outbox, self._wire, self._sessions, (self._in_flight, reversing), self._advices
        )
        reconciling = Reconciling(self._outbox, self._wire, self._sessions, self._links)
        self._management = Management(self._outbox, self._wire, self._sessions, rrns, reconciling)
        self._take_over = TakeOver(
            configuration, self._outbox, (stans, rrns), reversing, self._advices
        )
        self._is_draining = False
        self._foreseen: dict[int, Request] = {}
        """Requests that were read already, by the identity of their event."""
        self.culprit = 0
        """Which of the events of `handle_all` broke something."""

    @property
    def is_ready(self) -> bool:
        """Whether the ledger knows this process, has given it numbers, and agrees on the time."""
        return self._take_over.is_done and self._take_over.is_on_time

    @property
    def is_on_time(self) -> bool:
        """Whether our clock agrees with the ledger's."""
        return self._take_over.is_on_time

    @property
    def is_idle(self) -> bool:
        """Whether nothing is in flight: a drained process may end."""
        return not (self._in_flight or self._links.in_flight or self._outbox.is_waiting)

    @property
    def states(self) -> set[State]:
        """The states that transactions in flight are in."""
        return self._in_flight.states

    @property
    def next_deadline_ns(self) -> int | None:
        """When `TimePassed` is due at the latest, in elapsed nanoseconds; None for never.

        It may turn out that nothing was due by then.
        """
        due_ns = self._outbox.wake_ns
        return None if due_ns == NEVER else due_ns

    def handle(self, event: Event, at: Moment) -> list[Effect]:
        """Return what is to be done about an event. Raises InvariantBroken: stop the process."""
        effects = self._handle(event, at)
        self._outbox.make()
        return effects

    def handle_all(self, events: Sequence[tuple[Event, Moment]]) -> list[list[Effect]]:
        """Return what `handle` would for each of many events, for a good part of its price.

        What is alike is done in a row: frames are read and their MACs proven before the first
        event, effects made after the last. Where it raises, `culprit` is the event's place.
        """
        self._foresee(events)
        done: list[list[Effect]] = []
        try:
            for event, at in events:
                done.append(self._handle(event, at))
        except BaseException:
            self.culprit = len(done)
            raise
        try:
            self._outbox.make()
        except BaseException:
            making = self._outbox.making
            self.culprit = next(n for n, effects in enumerate(done) if effects is making)
            raise
        self._foreseen.clear()
        self._links.forget_foreseen()
        return done

    def _foresee(self, events: Sequence[tuple[Event, Moment]]) -> None:
        """Do what depends on a frame and on nothing that an event before it could change."""
        foreseen, requests, frames = self._foreseen, [], []
        for self.culprit, (event, _) in enumerate(events):
            kind = type(event)
            if kind is TerminalFrameReceived:
                connection, frame = event.connection, event.frame  # type: ignore[union-attr]
                try:
                    request = self._wire.read(connection, frame)
                except DecodeError:
                    continue  # it is told when its turn comes
                foreseen[id(event)] = request
                requests.append((self.culprit, request))
            elif kind is LinkFrameReceived:
                frames.append((self.culprit, event.link, event.frame))  # type: ignore[union-attr]
        for self.culprit, request in requests:
            self._sessions.prove(request)
        for self.culprit, request in requests:
            if request.proven is not None and request.mti in _FINANCIAL:
                foresee_identity(request, self.configuration)
        for self.culprit, _, heard in frames:
            self._links.foresee(heard)
        for self.culprit, link, heard in frames:
            self._links.prove(link, heard)

    def _handle(self, event: Event, at: Moment) -> list[Effect]:
        outbox = self._outbox
        effects = outbox.begin(at)
        kind = type(event)
        if kind is TerminalFrameReceived:
            request = self._foreseen.get(id(event)) if self._foreseen else None
            self._terminal_frame(event.connection, event.frame, request)  # type: ignore[union-attr]
        elif kind is LedgerAnswered:
            outbox.answered(event.ticket, event.outcome)  # type: ignore[union-attr]
        elif kind is LinkFrameReceived:
            self._links.received(event.link, event.frame)  # type: ignore[union-attr]
        else:
            self._seldom(event)
        if at.elapsed_ns >= outbox.wake_ns:
            self._expire(at.elapsed_ns)
        return effects

    def _seldom(self, event: Event) -> None:  # noqa: C901 - a table of the rare events
        match event:
            case TimePassed():
                return
            case TerminalConnected(connection, access):
                self._sessions.connected(connection, access)
            case TerminalDisconnected(connection):
                self._sessions.disconnected(connection)
            case KeysDrawn(ticket, pik, mak):
                self._outbox.drawn(ticket, pik, mak)
            case LinkConnected(link):
                self._links.connected(link)
            case LinkDisconnected(link):
                self._links.disconnected(link)
            case Started(nonce):
                self._take_over.begin(nonce)
            case ClocksCompared(ahead_ms):
                self._take_over.compare(ahead_ms)
            case ConfigurationChanged(configuration):
                self._reconfigure(configuration)
            case DrainBegun():
                self._is_draining = True
                self._refusals.drain()
            case _:
                raise InvariantBroken(f"no one handles {type(event).__name__}")

    def _expire(self, now_ns: int) -> None:
        outbox = self._outbox
        outbox.wake_ns = NEVER
        outbox.expire(now_ns)
        self._links.expire(now_ns)
        self._in_flight.expire(now_ns)
        self._advices.expire(now_ns)
        self._take_over.expire(now_ns)
        self._refusals.expire(now_ns)
        outbox.wake_ns = min(
            outbox.next_due_ns(),
            self._links.next_due_ns(),
            self._in_flight.next_due_ns(),
            self._advices.next_due_ns(),
            self._take_over.due_ns,
            self._refusals.due_ns,
        )

    def _reconfigure(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self._links.reconfigure(configuration)
        self._advices.configuration = self._take_over.configuration = configuration
        self._transfers.configuration = configuration
        self._outbox.report("configuration_changed", number=configuration.number)

    def _terminal_frame(self, connection: int, frame: bytes, request: Request | None) -> None:
        try:
            request = request or self._wire.read(connection, frame)
        except DecodeError as error:
            self._unreadable(connection, frame, error)
            return
        is_financial = request.mti in _FINANCIAL
        if not is_financial and answer_mti(request.mti) is None:
            self._outbox.report("terminal_frame_unanswerable", mti=request.mti)
        elif self._is_draining or not (self._take_over.is_done and self._take_over.is_on_time):
            self._outbox.add(CloseTerminal(connection, "the switch is not taking requests now"))
        elif is_financial:
            self._intake.begin(request, self.configuration)
        elif self._outbox.outstanding >= self.configuration.limits.transactions_in_flight:
            self._outbox.add(CloseTerminal(connection, "the ledger is too far behind"))
        elif self._reversals.handles(request.mti):
            self._reversals.begin(request, self.configuration)
        else:
            self._management.begin(request, self.configuration)

    def _unreadable(self, connection: int, frame: bytes, error: DecodeError) -> None:
        """Answer 30 where MTI and STAN can be read; report in any case."""
        self._outbox.report("terminal_frame_unreadable", why=str(error))
        wire = self._wire.of_frame(frame)
        try:
            Codec(wire.dialect).decode(frame, wire.dialect.frame.head_size)
        except DecodeError as reference:
            decoded = reference.decoded
            answer, stan = answer_mti(decoded.get("mti", "")), decoded.get("11")
            if stan is None or answer is None:
                return
            heads = wire.framing.answer_heads(frame)
            fields = {11: stan, 39: code_for(wire.dialect, Reason.FORMAT_ERROR)}
            fields |= {n: decoded[str(n)] for n in (41, 42) if str(n) in decoded}
            try:
                body = wire.viewer.build(answer, fields)
            except EncodeError:
                return
            self._outbox.to_terminal(connection, wire.framing.join(heads + body))
