"""All terminals of a worker (simulators/load): who is free, who waits, who is overdue.

An arrival takes the terminal that has been free longest. One that finds none waits, and its
waiting counts; one that waits too long is dropped, and counted.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from time import perf_counter_ns
from typing import Final

from messages.errors import DecodeError
from messages.fast.building import write_field
from simulators.load.driving.lines import Hub, Line
from simulators.load.driving.templates import QUICK, Press, Shapes
from simulators.load.driving.terminals import Agent, Stage
from simulators.load.measuring.recorder import End, Recorder, Ticket
from simulators.load.scenario.fleet import Drawn
from simulators.load.scenario.model import Scenario
from simulators.requests import Identity
from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Kind, Memory
from simulators.wire import Wire
from switch.core.moment import local

_NS_PER_MS: Final = 1_000_000
_NS_PER_S: Final = 1_000_000_000
_TICK_S: Final = 0.02
_TID: Final = 41
_LAST_STAN: Final = 999_999
_STAN_MS: Final = 20
"""A terminal that asks for less than fifty transactions a second repeats no trace number."""
_DIALS_AT_ONCE: Final = 100
_MOST_PREPARED: Final = 10_000
"""Cards whose templates are made before the run, which takes a second or two."""


class Concentrator:
    """Terminals that share lines: an answer goes to the terminal that DE 41 names."""

    def __init__(self, crowd: Crowd, wire: Wire) -> None:
        """Begin without lines."""
        self.agents: dict[str, Agent] = {}
        self.by_bytes: dict[bytes, Agent] = {}
        """By DE 41 as it is sent."""
        self._crowd = crowd
        self._wire = wire

    def took(self, frame: bytes, now_ns: int) -> None:
        """Pass an answer on; an ordinary one is known by its shape."""
        shape = self._crowd.stage.shapes.of(frame)
        if shape is not None:
            numbers = shape.numbers(frame)
            agent = self.by_bytes.get(numbers[1])
            if agent is not None:
                agent.answered(frame, shape, numbers, now_ns)
            return
        try:
            agent = self.agents.get(self._wire.hear(frame).get(_TID))
        except DecodeError:
            return
        if agent is not None:
            agent.took(frame, now_ns)

    def add(self, name: str, agent: Agent) -> None:
        """Take a terminal in."""
        self.agents[name] = agent
        self.by_bytes[write_field(self._wire.dialect.field(_TID), name)] = agent

    def lost(self, line: Line, now_ns: int) -> None:
        """Tell everybody who was on it."""
        self._crowd.shared.pop(line, None)
        for agent in self.agents.values():
            agent.lost(line, now_ns)


class Crowd:
    """The fleet of one worker."""

    def __init__(self, hub: Hub, wire: Wire, scenario: Scenario, recorder: Recorder) -> None:
        """Begin without terminals; `target` and `cards` come with `gather`."""
        self.agents: list[Agent] = []
        self.idle: deque[Agent] = deque()
        self.waiting: deque[Ticket] = deque()
        self.is_closed_loop = scenario.loop == "closed"
        self.next_ticket: Callable[[int], Ticket] | None = None
        """Draws what a free terminal of a closed loop does next."""
        self._rest: Callable[[], int] | None = None
        self._is_simple = not self.is_closed_loop
        """Whether a terminal that is free has neither a rest nor a next one of its own."""
        self.is_ending = False
        self.shared: dict[Line, int] = {}
        self._scenario = scenario
        self._hub = hub
        self._recorder = recorder
        self._wire = wire
        self._target = ("", 0)
        self._watched: dict[Agent, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ticks = False
        self._timeout_ns = scenario.limits.timeout_ms * _NS_PER_MS
        self._patience_ns = scenario.limits.patience_ms * _NS_PER_MS
        self._concentrator: Concentrator | None = None
        self._dialled: dict[int, asyncio.Task[Line | None]] = {}
        if scenario.connection.model == "concentrator":
            self._concentrator = Concentrator(self, wire)
        self.stage: Stage

    @property
    def rest(self) -> Callable[[], int] | None:
        """What draws how long a terminal rests after a transaction."""
        return self._rest

    @rest.setter
    def rest(self, rest: Callable[[], int] | None) -> None:
        self._rest = rest
        self._is_simple = rest is None and not self.is_closed_loop

    @property
    def in_flight(self) -> int:
        """Intended transactions that have begun and not ended."""
        return sum(1 for agent in self.agents if agent.ticket is not None)

    def gather(
        self, who: Sequence[Identity], cards: Sequence[Drawn], target: tuple[str, int]
    ) -> None:
        """Make the terminals; all are free."""
        scenario = self._scenario
        keeps_slips = "settlement" in (*scenario.at_end, *(item.kind for item in scenario.mix))
        self._target = target
        self.stage = Stage(
            hub=self._hub,
            wire=self._wire,
            press=Press(self._wire),
            recorder=self._recorder,
            cards=cards,
            checks_mac=scenario.checks_mac,
            watched=self._watched,
            timeout_ns=self._timeout_ns,
            freed=self._freed,
            connect=self._connect,
            shapes=Shapes(self._wire),
            ready=self._wire.framing.answer_heads(self._wire.framing.build_heads()),
            wants_numbers=self._recorder.wants_numbers or keeps_slips,
            keeps_slips=keeps_slips,
            hangs_up=scenario.connection.model == "per_transaction",
        )
        first_stan = scenario.fleet.first_stan or self._hub.utc_ms // _STAN_MS % _LAST_STAN + 1
        for identity in who:
            memory = Memory(stan=first_stan)
            agent = Agent(self.stage, Terminal(identity, self._wire, memory))
            self.agents.append(agent)
            if self._concentrator is not None:
                self._concentrator.add(identity.id, agent)
        self.idle.extend(self.agents)
        self._prepare_templates(who[0])
        self._ticks = True
        self._hub.loop.call_later(_TICK_S, self._tick)

    def _prepare_templates(self, identity: Identity) -> None:
        """Make templates before the run: what is made within it would be late sending."""
        press, day = self.stage.press, local(self._hub.utc_ms).day
        for item in self._scenario.mix:
            kind = Kind(item.kind)
            for number, drawn in enumerate(
                self.stage.cards[:_MOST_PREPARED] if kind in QUICK else ()
            ):
                press.make(Job(kind=kind, card=drawn.card), number, identity, day)

    # ---------------------------------------------------------------------------- transactions

    def offer(self, ticket: Ticket, now_ns: int) -> None:
        """Begin an arrival, or have it wait for a terminal."""
        recorder = self._recorder
        recorder.meant(ticket)
        recorder.came(ticket, now_ns)
        if self.idle:
            self.idle.popleft().begin(ticket, now_ns)
            return
        recorder.waits()
        if len(self.waiting) >= self._scenario.limits.waiting:
            self._drop(ticket, now_ns)
            return
        self.waiting.append(ticket)

    def _drop(self, ticket: Ticket, now_ns: int) -> None:
        ticket.link = self.stage.cards[ticket.card].link
        self._recorder.ended(ticket, now_ns, End("dropped"))

    def all_do(self, kind: str, now_ns: int) -> None:
        """Have every free terminal do one thing now; each is an intended transaction."""
        recorder = self.stage.recorder
        for agent in [self.idle.popleft() for _ in range(len(self.idle))]:
            ticket = Ticket(now_ns, kind, 0, 0)
            recorder.meant(ticket)
            agent.begin(ticket, perf_counter_ns())

    def begin_closed(self) -> None:
        """Begin a closed loop: every terminal does its next as soon as it is free."""
        for agent in [self.idle.popleft() for _ in range(len(self.idle))]:
            self._free(agent, perf_counter_ns())

    def _freed(self, agent: Agent, now_ns: int) -> None:
        if self._is_simple and not self.waiting:
            self.idle.append(agent)
        elif self.rest is not None and not self.is_ending:
            self._hub.loop.call_later(self.rest() / _NS_PER_S, self._rested, agent)
        elif self.waiting and not self.is_closed_loop:
            # Not within the call that freed it: a chain of refusals would be as deep as it is long.
            self._hub.loop.call_soon(self._rested, agent)
        else:
            self._free(agent, now_ns)

    def _rested(self, agent: Agent) -> None:
        self._free(agent, perf_counter_ns())

    def _free(self, agent: Agent, now_ns: int) -> None:
        while self.waiting:
            ticket = self.waiting.popleft()
            if now_ns - ticket.due_ns > self._patience_ns:
                self._drop(ticket, now_ns)
                continue
            agent.begin(ticket, now_ns)
            return
        if self.is_closed_loop and self.next_ticket is not None and not self.is_ending:
            ticket = self.next_ticket(now_ns)
            self._recorder.meant(ticket)
            self._hub.loop.call_soon(agent.begin, ticket, now_ns)
            return
        self.idle.append(agent)

    def _tick(self) -> None:
        now_ns = perf_counter_ns()
        watched = self._watched
        while watched:
            agent, due_ns = next(iter(watched.items()))
            if due_ns > now_ns:
                break
            del watched[agent]
            if not agent.is_idle:
                agent.overdue(now_ns)
        while self.waiting and now_ns - self.waiting[0].due_ns > self._patience_ns:
            self._drop(self.waiting.popleft(), now_ns)
        if self._ticks:
            self._hub.loop.call_later(_TICK_S, self._tick)

    # ----------------------------------------------------------------------------- connections

    def _connect(self, agent: Agent) -> None:
        if not self._ticks:
            return
        task = self._hub.loop.create_task(self._connected(agent))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connected(self, agent: Agent) -> None:
        line = await (self._dial(agent) if self._concentrator is None else self._share(agent))
        now_ns = perf_counter_ns()
        if line is None:
            agent.not_connected(now_ns)
        else:
            agent.connected(line, now_ns)

    async def _dial(self, owner: Agent | Concentrator) -> Line | None:
        line = Line(self._hub, self._wire.framing, owner)
        host, port = self._target
        try:
            async with asyncio.timeout(self._scenario.connection.connect_ms / 1_000):
                await self._hub.loop.create_connection(line.itself, host, port)
        except OSError:
            return None
        return line

    async def _share(self, agent: Agent) -> Line | None:
        """Return the line of a terminal, dialled once for all who are on it."""
        if self._concentrator is None:
            return None
        slot = self.agents.index(agent) % self._scenario.connection.lines
        for line, taken in self.shared.items():
            if taken == slot and line.transport is not None:
                return line
        dialling = self._dialled.get(slot)
        if dialling is None:
            dialling = self._hub.loop.create_task(self._dial(self._concentrator))
            self._dialled[slot] = dialling
        dialled = await dialling
        self._dialled.pop(slot, None)
        if dialled is not None:
            self.shared[dialled] = slot
        return dialled

    async def connect_all(self) -> int:
        """Connect every terminal; return how many could not."""
        missing = 0
        for start in range(0, len(self.agents), _DIALS_AT_ONCE):
            some = self.agents[start : start + _DIALS_AT_ONCE]
            await asyncio.gather(*(self._connected(agent) for agent in some))
            missing += sum(agent.line is None for agent in some)
        return missing

    def hang_up(self) -> None:
        """Lose every line, as where an access network fails."""
        for line in self.lines():
            line.close()

    def lines(self) -> list[Line]:
        """Return the connections that stand."""
        lines = {id(agent.line): agent.line for agent in self.agents if agent.line is not None}
        return list(lines.values())

    # --------------------------------------------------------------------------------- the end

    async def quiet(self, limit_s: float) -> bool:
        """Wait until nothing is out and nothing waits; tell whether it came to that."""
        last_ns = perf_counter_ns() + int(limit_s * _NS_PER_S)
        while self.waiting or any(not agent.is_idle for agent in self.agents):
            if perf_counter_ns() > last_ns:
                return False
            await asyncio.sleep(_TICK_S)
        return True

    async def settle(self, limit_s: float) -> None:
        """Send all reversals that are owed, and wait for their ends."""
        last_ns = perf_counter_ns() + int(limit_s * _NS_PER_S)
        while perf_counter_ns() < last_ns:
            owing = [agent for agent in self.agents if agent.terminal.memory.owed]
            if not owing:
                return
            for agent in owing:
                if agent.line is None and agent.is_idle:
                    await self._connected(agent)
                agent.settle(perf_counter_ns())
            await asyncio.sleep(_TICK_S)

    def halt(self) -> None:
        """Hang up in the middle of a run that is given up."""
        self._ticks = False
        self.is_ending = True
        self.waiting.clear()
        self.hang_up()

    def close(self) -> None:
        """Hang up for good; what has not ended by now has no end of its own."""
        self._ticks = False
        self.is_ending = True
        now_ns = perf_counter_ns()
        while self.waiting:
            self._drop(self.waiting.popleft(), now_ns)
        for agent in self.agents:
            if agent.ticket is not None:
                agent.overdue(now_ns)
            if agent.ticket is not None:
                agent.not_connected(now_ns)
        self.hang_up()
        accounts = self._recorder.accounts
        memories = [agent.terminal.memory for agent in self.agents]
        accounts.owed = sum(len(memory.owed) for memory in memories)
        accounts.unresolved = sum(len(memory.unresolved) for memory in memories)
