"""`jinbao terminal work` (switch/cli): terminals that take jobs from standard input, one a line.

Their memory lives as long as the process, or in files of its own (`--state`). Slips, and every
answer that was heard, are in a file, so that they can be compared with the books of the switch and
of the issuers.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from messages.crypto.keys import Tmk
from simulators import live
from simulators.installation import FIRST_TERMINAL, MERCHANT, TMK, composite_wire, wires
from simulators.live import Concentrator, Line, LiveTerminal
from simulators.requests import Identity
from simulators.terminal import Terminal
from simulators.terminal_memory import Result
from simulators.terminals.debts import TRIES, ReversalRules
from simulators.terminals.orders import Order, next_of
from simulators.wire import Wire
from switch.cli.outcome import BAD, say, stop
from switch.cli.simulating.doing import ReversalExpiry, ReversalTries, TrackKey, known_identity
from switch.cli.simulating.keeping import Keeper, kept
from switch.cli.verbs import BusinessDate, offset_ms
from switch.shell.clock import Clock

_APPROVED, _REFUSED = "00", "05"


class Heard(msgspec.Struct, frozen=True):
    """An answer as it came over the line."""

    mti: str
    stan: str
    code: str


class WatchedLine(Line):
    """Notes every answer; changes a request, or adds a refusal behind approvals, where asked."""

    def __init__(self, wire: Wire, *, doubles: bool, keeps: Line | None = None) -> None:
        """Begin with nothing heard; `keeps` is told of every frame first."""
        self._keeps = keeps or Line()
        self.heard: list[Heard] = []
        self.tampers = False
        self._wire = wire
        self._doubles = doubles

    def sends(self, frames: list[bytes]) -> list[bytes]:
        """Change the last bit of a request that has a MAC, once."""
        frames = self._keeps.sends(frames)
        if not self.tampers or not frames:
            return frames
        *before, last = frames
        if self._wire.hear(self._wire.bare(last)).mti != "0200":
            return frames
        self.tampers = False
        return [*before, last[:-1] + bytes([last[-1] ^ 1])]

    def hears(self, frame: bytes) -> list[bytes]:
        """Note an answer, and the one that is added to it."""
        heard = self._wire.hear(frame)
        frames = [frame]
        if self._doubles and heard.mti == "0210" and heard.get(39) == _APPROVED:
            frames.append(heard.view.patch({39: _REFUSED}))
        for each in map(self._wire.hear, frames):
            self.heard.append(Heard(each.mti, each.get(11), each.get(39)))
        return frames


Connection = Literal["held", "per_transaction", "concentrator"]
"""How terminals are connected: each by itself and for long, or anew for every job, or all over one
connection."""


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """How terminals work: what they are, how they are connected, what they keep to."""

    connection: Connection = "held"
    doubles: bool = False
    composite: bool = False
    """They do social services too."""
    rules: ReversalRules = ReversalRules()
    offset_ms: int = 0


class Crew:
    """Terminals at work: each with its line, and how they are connected."""

    def __init__(self, identities: list[Identity], ways: Ways, memories: list[Keeper]) -> None:
        """Begin unconnected; `memories` are those of the identities, or none."""
        wire = composite_wire() if ways.composite else wires()[0]
        clock = Clock(ways.offset_ms)
        keepers: Sequence[Keeper | None] = memories or [None] * len(identities)
        self.lines: dict[str, WatchedLine] = {}
        self.terminals: dict[str, LiveTerminal] = {}
        for each, keeper in zip(identities, keepers, strict=True):
            line = self.lines[each.id] = WatchedLine(wire, doubles=ways.doubles, keeps=keeper)
            terminal = Terminal(
                each, wire, keeper.memory if keeper is not None else None, ways.rules
            )
            self.terminals[each.id] = LiveTerminal(terminal, wire, clock, line)
        self._memories = memories
        self._first = identities[0].id
        self._connection = ways.connection
        self._concentrator = Concentrator(wire)
        self._address: tuple[str, int] | None = None
        if ways.connection == "concentrator":
            for member in self.terminals.values():
                self._concentrator.add(member)

    async def do(self, order: Order) -> list[Result]:
        """Carry an order out. ValueError or OSError says why that cannot be."""
        name = order.terminal or self._first
        terminal = self.terminals.get(name)
        if terminal is None:
            raise ValueError(f"there is no terminal {name} here")
        if order.do == "connect":
            await self._connect(terminal, order.to)
            return []
        if order.do == "hang_up":
            self._hang_up(terminal)
            return []
        if self._connection == "per_transaction" and self._address is not None:
            await terminal.connect(*self._address)
        if not terminal.is_connected:
            raise ValueError("not connected")
        results: list[Result] = []
        while (job := next_of(order, results, terminal.terminal.memory)) is not None:
            self.lines[name].tampers = order.is_tampered
            results += await terminal.do(job)
        if self._connection == "per_transaction":
            terminal.close()
        return results

    async def _connect(self, terminal: LiveTerminal, to: str) -> None:
        host, _, port = to.rpartition(":")
        if not host or not port.isdecimal():
            raise ValueError(f"{to!r} is no HOST:PORT")
        self._address = host, int(port)
        if self._connection == "concentrator":
            await self._concentrator.connect(*self._address)
        elif self._connection == "held":
            await terminal.connect(*self._address)

    def _hang_up(self, terminal: LiveTerminal) -> None:
        self._address = None
        if self._connection == "concentrator":
            self._concentrator.close()
        else:
            terminal.close()

    def save(self) -> None:
        """Write what each of them owes, where that is kept."""
        for each in self._memories:
            each.save()

    def close(self) -> None:
        """Hang up."""
        self._concentrator.close()
        for each in self.terminals.values():
            each.close()


def work(
    *,
    books: Annotated[
        Path, typer.Option(metavar="FILE", help="Keep slips and answers there, as JSON.")
    ],
    doubles: Annotated[
        bool, typer.Option("--doubles", help="Let the line add a refusal to every approval.")
    ] = False,
    composite: Annotated[
        bool, typer.Option("--composite", help="They are composite terminals (复合型机具).")
    ] = False,
    connection: Annotated[
        Connection, typer.Option(help="How terminals are connected to the switch.")
    ] = "held",
    terminal: Annotated[
        list[str] | None, typer.Option(metavar="TID[:MID]", help="DE 41 and 42; once for each.")
    ] = None,
    merchant: Annotated[str, typer.Option(metavar="MID", help="DE 42.")] = MERCHANT,
    state: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Keep there, as TID.json, what each of them owes."),
    ] = None,
    reversal_tries: ReversalTries = TRIES,
    reversal_expiry: ReversalExpiry = "never",
    track_key: TrackKey = False,
    business_date: BusinessDate = "",
) -> None:
    """Take jobs from standard input, one JSON object a line, and answer each with one.

    \b
    Example:
      echo '{"do":"connect","to":"127.0.0.1:8583"}
      {"do":"withdrawal","yuan":500}' | jinbao terminal work --books slips.json
    """  # noqa: D301 - \b keeps the lines of the examples apart
    key = Tmk.from_hex(TMK)
    named = [each.partition(":") for each in terminal or [str(FIRST_TERMINAL)]]
    identities = [
        known_identity(name, own or merchant, key, track_key=track_key) for name, _, own in named
    ]
    ways = Ways(
        connection=connection,
        doubles=doubles,
        composite=composite,
        rules=ReversalRules(tries=reversal_tries, expires=reversal_expiry),
        offset_ms=offset_ms(business_date),
    )
    with ExitStack() as files:
        names = [each.id for each in identities] if state is not None else []
        if len(set(names)) < len(names):
            stop("--terminal is given twice: what each owes has one file")
        memories = [files.enter_context(kept(state / f"{name}.json")) for name in names if state]
        is_good = live.run(_work(partial(Crew, identities, ways, memories), books))
    if not is_good:
        raise typer.Exit(BAD)


async def _work(make: Callable[[], Crew], books: Path) -> bool:
    """Work until standard input ends; tell whether every line could be read and done."""
    crew = make()
    loop, is_good = asyncio.get_running_loop(), True
    while text := await loop.run_in_executor(None, sys.stdin.readline):
        try:
            results = await crew.do(msgspec.json.decode(text, type=Order))
        except (msgspec.MsgspecError, OSError, ValueError) as error:
            is_good = False
            say(msgspec.json.encode({"error": str(error) or type(error).__name__}).decode())
            continue
        crew.save()
        _save(crew, books)
        say(msgspec.json.encode({"results": results}).decode())
    crew.close()
    return is_good


def _save(crew: Crew, books: Path) -> None:
    """Write the books anew; whoever reads them never sees half of them."""
    first, *others = (
        {
            "terminal": name,
            "slips": each.terminal.memory.slips,
            "voided": each.terminal.memory.voided,
            "owed": len(each.terminal.memory.owed),
            "unresolved": each.terminal.memory.unresolved,
            "heard": crew.lines[name].heard,
        }
        for name, each in crew.terminals.items()
    )
    kept = {**first, "others": others} if others else first
    fresh = books.with_name(f"{books.name}.new")
    fresh.write_bytes(msgspec.json.encode(kept) + b"\n")
    fresh.replace(books)
