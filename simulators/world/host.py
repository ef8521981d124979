"""The switch of a world (simulators/world): the real engine, its effects, and its deaths.

Effects are carried out one by one, and the process may die between any two of them. It starts
again from the ledger alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Final, Protocol, cast

from simulators.installation import wires
from simulators.world.agenda import MS, SECOND, Agenda
from simulators.world.history import History
from simulators.world.lines import Line
from simulators.world.plant import Plant
from simulators.world.store import Store
from simulators.world.weather.faults import Faults
from switch.core.configuration import Configuration
from switch.core.effects import (
    CloseLink,
    CloseTerminal,
    DrawKeys,
    Effect,
    Report,
    SendToLink,
    SendToTerminal,
    Submit,
)
from switch.core.engine import Engine
from switch.core.errors import InvariantBroken, LeaseLost
from switch.core.events import (
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
from switch.core.outcomes import Outcome
from switch.core.transaction import State
from switch.pipeline import make_engine

_RESTART_NS: Final = (200 * MS, 8 * SECOND)
_PIK_BYTES: Final = 16
_LEAST_WAIT_NS: Final = MS
_DRAINS_NS: Final = 60 * SECOND
_LOOK_NS: Final = 100 * MS


class Reached(Protocol):
    """Somebody whom a switch connects to."""

    def reach(self) -> None:
        """Have the switch connect, as it does after a start and after a loss."""


class Chances:
    """The streams of chance that a host draws from, one for each purpose."""

    __slots__ = ("crash", "keys", "network")

    def __init__(self, crash: Random, keys: Random, network: Random) -> None:
        """Take the streams."""
        self.crash = crash
        self.keys = keys
        self.network = network


class Host:
    """The switch as the others see it; `is_up` while it takes connections."""

    def __init__(
        self, agenda: Agenda, faults: Faults, chances: Chances, history: History, store: Store
    ) -> None:
        """Be down; `start` begins."""
        self.name = store.name
        self._agenda = agenda
        self._faults = faults
        self._chances = chances
        self._history = history
        self._store = store
        self._terminal_wire, self._issuer_wire = wires()
        self.plant: Plant
        self.links: dict[str, Line] = {}
        self.terminals: dict[int, Line] = {}
        self.banks: Sequence[Reached] = ()
        self._configuration = self._in_force = history.configuration
        self._engine: Engine | None = None
        self._timer_ns: int | None = None
        self._is_draining = False
        self._frozen: list[Event] | None = None
        self._epoch = 0
        self._connection = 0

    @property
    def configuration(self) -> Configuration:
        """What is in force."""
        return self._configuration

    def set_out(self, configuration: Configuration) -> None:
        """Begin with another configuration than the one that everybody believes in."""
        self._configuration = configuration

    @property
    def is_started(self) -> bool:
        """Whether there is a process, which connects to issuers at once."""
        return self._engine is not None

    @property
    def is_up(self) -> bool:
        """Whether connections are taken: the ledger has told this process who it is."""
        is_taking = self._engine is not None and self._engine.is_ready
        return is_taking and not self._is_draining and self._frozen is None

    @property
    def is_idle(self) -> bool:
        """Whether it is up and nothing is in flight."""
        return self._engine is not None and self.is_up and self._engine.is_idle

    @property
    def in_flight(self) -> set[State]:
        """The states that transactions in flight are in."""
        return self._engine.states if self._engine is not None else set()

    def start(self) -> None:
        """Begin a process."""
        self._store.open(self._answered, self._stop)
        self._history.reconfigured(self.name, self._configuration)
        self._in_force = self._configuration
        self._engine = make_engine(self.plant.configuration(self._configuration, None))
        self._history.note(self._agenda.now_ns, f"start {self.name}")
        self.handle(Started(self._chances.keys.randbytes(16)))
        for bank in self.banks:
            bank.reach()

    def die(self, how: str = "crash") -> None:
        """End the process here and now; another one starts later."""
        self._epoch += 1
        self._engine = None
        self._timer_ns = None
        self._is_draining = False
        self._frozen = None
        self._history.died(self.name, how)
        self._store.die()
        for line in self.terminals.values():
            line.close_by_server(loses=self._chances.network.random() < 0.5)  # noqa: PLR2004
        for line in self.links.values():
            line.close_by_client()
        self.terminals.clear()
        self.links.clear()
        self._agenda.after(self._chances.crash.randint(*_RESTART_NS), self.start)

    def drain(self) -> None:
        """Take nothing new, end once nothing is in flight, and start anew."""
        if self.is_up:
            self._is_draining = True
            self.handle(DrainBegun())
            self._end_drained(self._epoch, self._agenda.now_ns + _DRAINS_NS)

    def _end_drained(self, epoch: int, latest_ns: int) -> None:
        if epoch != self._epoch or self._engine is None:
            return
        if self._engine.is_idle or self._agenda.now_ns >= latest_ns:
            self.die("drained")
        else:
            self._agenda.after(_LOOK_NS, lambda: self._end_drained(epoch, latest_ns))

    def freeze(self, lasts_ns: int) -> None:
        """Stand still: whatever happens meanwhile is only seen afterwards."""
        if self.is_up:
            self._frozen = []
            epoch = self._epoch
            self._history.note(self._agenda.now_ns, f"freeze {self.name}")
            self._agenda.after(lasts_ns, lambda: self._thaw(epoch))

    def _thaw(self, epoch: int) -> None:
        if epoch != self._epoch or self._frozen is None:
            return
        waiting, self._frozen = self._frozen, None
        for event in waiting:
            if epoch == self._epoch:
                self.handle(event)
        if epoch == self._epoch:
            self.handle(TimePassed())

    def reconfigure(self, configuration: Configuration) -> None:
        """Have another configuration come into force, for this process and those after it."""
        self._configuration = configuration
        self.handle(ConfigurationChanged(configuration))

    # ----------------------------------------------------------------------------- connections

    def accept(self, line: Line) -> int:
        """Take a terminal's connection; return its number."""
        self._connection += 1
        self.terminals[self._connection] = line
        self.handle(TerminalConnected(self._connection))
        return self._connection

    def terminal_frame(self, connection: int, frame: bytes) -> None:
        """Hand over a frame without its prefix from a terminal, where it still has a line."""
        if connection in self.terminals:
            self._history.heard_from_terminal(frame)
            self.handle(TerminalFrameReceived(connection, frame))

    def terminal_gone(self, connection: int) -> None:
        """Hear that a terminal's connection has ended."""
        line = self.terminals.pop(connection, None)
        if line is not None:
            # Nobody keeps half a connection: what was written still goes out.
            line.back.end(loses=False)
            self.handle(TerminalDisconnected(connection))

    def link_up(self, name: str, line: Line) -> None:
        """Be connected to an issuer."""
        self.links[name] = line
        self.handle(LinkConnected(name))

    def link_frame(self, name: str, line: Line, frame: bytes) -> None:
        """Hand over a frame without its prefix from an issuer."""
        if self.links.get(name) is line:
            self.handle(LinkFrameReceived(name, frame))

    def garbled(self, frame: bytes) -> None:
        """Record that a bank sends an answer, without its prefix, whose MAC is wrong."""
        self._history.garbled.add(frame)

    def link_gone(self, name: str, line: Line) -> None:
        """Hear that a link has ended."""
        if self.links.get(name) is line:
            del self.links[name]
            line.there.end(loses=False)
            self.handle(LinkDisconnected(name))

    # --------------------------------------------------------------------------------- the engine

    def handle(self, event: Event) -> None:
        """Have the engine take an event, and carry out what it asks for."""
        engine, epoch = self._engine, self._epoch
        if engine is None:
            return
        if self._frozen is not None:
            self._frozen.append(event)
            return
        event = self._noted(event)
        if states := engine.states:
            self._history.met(event, states)
        try:
            effects = engine.handle(event, self._agenda.moment)
        except InvariantBroken as error:
            self._stop(error)
            return
        effects = self._meant(event, effects)
        faults, draw = self._faults, self._chances.crash.random
        likely = faults.likelihood["crash"]
        for effect in effects:
            if epoch != self._epoch:
                return
            if draw() < likely and faults.comes("crash"):
                self._history.cut_short(event)
                self.die()
                return
            self._carry_out(effect)
        if epoch == self._epoch:
            self._arm(engine)

    def _meant(self, event: Event, effects: list[Effect]) -> list[Effect]:
        """Record what comes of a wrong MAC; return what a plant makes of effects."""
        if type(event) is LinkFrameReceived:
            self._history.got(event.frame, effects)
        if self.plant.changes_effects:
            return [real for effect in effects for real in self.plant.effect(effect)]
        return effects

    def _taken(self, event: ConfigurationChanged) -> ConfigurationChanged:
        """Record a configuration as it comes into force; return what the engine is told of it."""
        old, new = self._in_force, event.configuration
        self._history.reconfigured(self.name, new)
        self._in_force = new
        return ConfigurationChanged(self.plant.configuration(new, old))

    def _answered(self, ticket: int, outcome: Outcome) -> None:
        answered = LedgerAnswered(ticket, outcome)
        self.handle(answered)
        if not self.plant.keeps("LedgerAnswered"):
            self.handle(answered)

    def _stop(self, error: InvariantBroken) -> None:
        if isinstance(error, LeaseLost):
            self.die("fenced")
            return
        self._history.stops.append(str(error))
        self.die("stop")

    def _carry_out(self, effect: Effect) -> None:
        # By type, the most common first: a pattern asks each class for its fields, every time.
        kind = type(effect)
        if kind is Submit:
            self._store.submit(cast("Submit", effect))
        elif kind is SendToTerminal:
            self._send_to_terminal(cast("SendToTerminal", effect))
        elif kind is SendToLink:
            link, frame = effect.link, effect.frame  # type: ignore[union-attr]
            history, wire = self._history, self._issuer_wire
            bare = wire.bare(frame)
            history.frame(self._agenda.now_ns, f"{self.name} to {link}", wire, bare)
            if link in self.links:
                history.sent_to(self.name, link, wire, bare)
                self.links[link].there.send(frame)
        else:
            self._carry_out_seldom(effect)

    def _send_to_terminal(self, effect: SendToTerminal) -> None:
        connection, frame, wire = effect.connection, effect.frame, self._terminal_wire
        history, bare = self._history, wire.bare(frame)
        history.frame(self._agenda.now_ns, f"{self.name} to terminal {connection}", wire, bare)
        line = self.terminals.get(connection)
        if line is not None:
            history.terminal_was_told(self.name, bare)
            line.back.send(frame)

    def _carry_out_seldom(self, effect: Effect) -> None:
        match effect:
            case Report(event, facts):
                self._history.switch_reported(self._agenda.now_ns, event, facts)
                if event == "key_changed" and self.in_flight:
                    self._history.counts["key change with requests in flight"] += 1
            case DrawKeys(ticket, mak_bytes):
                chance, epoch = self._chances.keys, self._epoch
                drawn = KeysDrawn(ticket, _odd(chance, _PIK_BYTES), _odd(chance, mak_bytes))
                self._agenda.after(0, lambda: self._drawn(drawn, epoch))
            case CloseTerminal(connection):
                if connection in self.terminals:
                    self.terminals[connection].close_by_server()
            case CloseLink(link):
                if link in self.links:
                    self.links[link].close_by_client()

    def _drawn(self, drawn: KeysDrawn, epoch: int) -> None:
        if epoch == self._epoch:
            self.handle(drawn)

    def _noted(self, event: Event) -> Event:
        """Note an event; return what the engine is told of it."""
        kind, history, now_ns = type(event), self._history, self._agenda.now_ns
        if kind is LedgerAnswered:
            # What the ledger did is noted in full; here, that this process hears of it.
            ticket, outcome = event.ticket, event.outcome  # type: ignore[union-attr]
            history.note(now_ns, "answered", b"%d %b" % (ticket, type(outcome).__name__.encode()))
        elif kind is TerminalFrameReceived:
            frame, wire = event.frame, self._terminal_wire  # type: ignore[union-attr]
            who = f"{self.name} from terminal {event.connection}"  # type: ignore[union-attr]
            history.frame(now_ns, who, wire, frame)
            history.held_against(self.name, wire, frame)
        elif kind is LinkFrameReceived:
            who = f"{self.name} from {event.link}"  # type: ignore[union-attr]
            history.frame(now_ns, who, self._issuer_wire, event.frame)  # type: ignore[union-attr]
        elif kind is not TimePassed:
            history.note(now_ns, kind.__name__)
            if isinstance(event, ConfigurationChanged):
                return self._taken(event)
        return event

    def _arm(self, engine: Engine) -> None:
        due_ns, timer_ns = engine.next_deadline_ns, self._timer_ns
        if due_ns is None or (timer_ns is not None and timer_ns <= due_ns):
            return
        self._timer_ns = due_ns = max(due_ns, self._agenda.now_ns + _LEAST_WAIT_NS)
        self._agenda.at(due_ns, partial(self._ring, self._epoch, due_ns))

    def _ring(self, epoch: int, due_ns: int) -> None:
        if epoch == self._epoch and self._timer_ns == due_ns and self._engine is not None:
            self._timer_ns = None
            self.handle(TimePassed())


def _odd(chance: Random, size: int) -> bytes:
    """Return a drawn key whose bytes have odd parity."""
    return bytes(byte ^ (1 - byte.bit_count() % 2) for byte in chance.randbytes(size))
