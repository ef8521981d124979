"""A scripted engine, a ledger that says what it is told, and a process around them on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import orjson

from messages.dialects.loader import load_dialect, packaged_names
from switch.core.effects import Effect, SendToTerminal, Submit
from switch.core.events import Event, Started, TerminalFrameReceived
from switch.core.moment import Moment
from switch.core.operations import (
    LoadSession,
    Operation,
)
from switch.core.outcomes import (
    Missing,
    Outcome,
)
from switch.shell.clock import Clock
from switch.shell.process import Ended, Parts, Process, Reload
from switch.shell.settings import Limits, LinkAddress, ListenAddress, Settings
from switch.shell.stops import Stops
from switch.shell.watching.log import Log
from tests.switch.core.stage import configuration

ECHO: Final = bytes.fromhex(
    "0034600005000061320032000108200000000000C0001035303031303030313939393635333038303131"
    "303030310011000000023010"
)
"""The echo of a terminal: a whole frame with its prefix."""
LINK_FRAME: Final = bytes.fromhex(
    "303039352E823030393530303031303030302020203939393030303030202020000000003030303030303030"
    "0030303030303038323082200000800000000400000000000000303631383039333030303030303030313038"
    "3939393030303030303031"
)
"""A sign-on between institutions: a whole frame with its prefix."""
KEEP_ALIVE: Final = b"\0\0"
HOST: Final = "127.0.0.1"

Script = Callable[[Event], list[Effect]]


class ScriptedEngine:
    """Records every event with its moment, and answers with what its script says."""

    READY_AT_START = True

    def __init__(self, script: Script) -> None:
        self.script = script
        self.events: list[Event] = []
        self.moments: list[Moment] = []
        self.next_deadline_ns: int | None = None
        self.configuration = configuration()
        self.is_idle = True
        self.culprit = 0
        self.is_ready = self.READY_AT_START
        self.is_on_time = True

    def handle(self, event: Event, at: Moment) -> list[Effect]:
        self.events.append(event)
        self.moments.append(at)
        return self.script(event)

    def handle_all(self, events: Sequence[tuple[Event, Moment]]) -> list[list[Effect]]:
        done: list[list[Effect]] = []
        for event, at in events:
            self.culprit = len(done)
            done.append(self.handle(event, at))
        return done

    def seen(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


class ScriptedLedger:
    """Keeps the batches that came, and decides them all alike; `failure` is raised instead."""

    def __init__(self) -> None:
        self.batches: list[list[Operation]] = []
        self.failure: Exception | None = None

    def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        self.batches.append(list(batch))
        if self.failure is not None:
            raise self.failure
        return [Missing() for _ in batch]

    def close(self) -> None:
        pass


def echoing(event: Event) -> list[Effect]:
    """Send every frame back to its terminal."""
    if isinstance(event, TerminalFrameReceived):
        return [SendToTerminal(event.connection, prefixed(event.frame))]
    return []


def submitting(event: Event) -> list[Effect]:
    """Submit an operation for every frame, and for nothing else."""
    if isinstance(event, TerminalFrameReceived):
        return [Submit(event.connection, LoadSession(event.connection, "50010001"))]
    return []


def silent(_event: Event) -> list[Effect]:
    """Do nothing."""
    return []


def prefixed(frame: bytes) -> bytes:
    return len(frame).to_bytes(2, "big") + frame


class Stage:
    """A running process and what can be seen of it."""

    def __init__(self, process: Process, engine: ScriptedEngine, ledger: ScriptedLedger) -> None:
        self.process = process
        self.engine = engine
        self.ledger = ledger
        self.lines: list[bytes] = []
        self.ports: list[int] = []
        self.task: asyncio.Task[int]

    @property
    def counters(self) -> dict[str, int]:
        return self.process._driver.counters.plain()

    def logged(self, event: str) -> list[dict[str, object]]:
        entries = [orjson.loads(line) for line in self.lines]
        return [entry for entry in entries if entry["event"] == event]

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(HOST, self.ports[0])

    async def ended(self) -> Ended:
        async with asyncio.timeout(5):
            status = await self.task
        return Ended(status, self.process.reason)


def settings(
    limits: Limits | None = None, links: tuple[LinkAddress, ...] = (), control: Path | None = None
) -> Settings:
    return Settings(
        listen=(ListenAddress(HOST, 0),),
        terminal_frames=load_dialect("pos").frame,
        link_frames=load_dialect("interbank").frame,
        links=links,
        limits=limits or Limits(reconnect_first_ms=10, reconnect_most_ms=50),
        control=control,
        known_dialects=tuple(load_dialect(name) for name in packaged_names()),
    )


@asynccontextmanager
async def playing(
    script: Script = echoing,
    told: Settings | None = None,
    stops: Stops | None = None,
    clock: Clock | None = None,
    reload: Reload | None = None,
) -> AsyncIterator[Stage]:
    """Run a process until the block ends; what it logs and commits is kept."""
    engine, ledger = ScriptedEngine(script), ScriptedLedger()
    clock = clock or Clock()
    lines: list[bytes] = []
    parts = Parts(
        engine=engine,
        ledger=ledger,
        clock=clock,
        log=Log(lines.append, clock, 1_000),
        stops=stops or Stops(None),
        settings=told or settings(),
        reload=reload,
    )
    stage = Stage(Process(parts), engine, ledger)
    stage.lines = lines
    is_ready = asyncio.Event()

    def ready(addresses: list[tuple[str, int]]) -> None:
        stage.ports = [port for _, port in addresses]
        is_ready.set()

    stage.task = asyncio.create_task(stage.process.run(ready))
    try:
        waiting = asyncio.create_task(is_ready.wait())
        await asyncio.wait((waiting, stage.task), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        assert isinstance(engine.events[0], Started)
        yield stage
    finally:
        stage.process.end()
        await stage.ended()
        await stage.process.close()


async def until(is_so: Callable[[], object], limit_s: float = 3.0) -> None:
    """Wait until something is so; the test fails when it never is."""
    async with asyncio.timeout(limit_s):
        while not is_so():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.002)
