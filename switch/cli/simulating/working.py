"""`jinbao terminal work` (switch/cli): terminals that take jobs from standard input, one a line.

Their memory lives as long as the process; slips, and every answer that was heard, are in a file,
so that they can be compared with the books of the switch and of the issuers.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
import typer
from msgspec.structs import replace

from messages.crypto.keys import Tmk
from simulators import live
from simulators.cards import Card, fictional_card
from simulators.installation import FIRST_TERMINAL, MERCHANT, TMK, composite_wire, wires
from simulators.live import Concentrator, Line, LiveTerminal
from simulators.requests import Identity
from simulators.social_security.sample import contribution, person_of, treatment
from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Kind, Result
from simulators.terminals.services import INQUIRIES, PAYMENTS, payload
from simulators.wire import Wire
from switch.cli.outcome import BAD, say
from switch.shell.clock import Clock

_FEN: Final = 100
_APPROVED, _REFUSED = "00", "05"
_CARD_JOBS: Final = (
    {Kind.WITHDRAWAL, Kind.BALANCE, Kind.SALE, Kind.PAYMENT, Kind.VOID, Kind.REFUND}
    | INQUIRIES
    | PAYMENTS
)
_OF_A_SLIP: Final = {Kind.VOID, Kind.REFUND}


_SERVICES: Final = {
    Kind.SOCIAL_INQUIRY: "QRY",
    Kind.CONTRIBUTION: "PAY",
    Kind.MEDICAL: "FEE",
    Kind.BENEFIT_INQUIRY: "BEN",
}
"""S1 of a social service."""


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of standard input: connect `to` HOST:PORT, or do a job; `card` is a fictional one.

    A void or refund is of the newest slip.
    """

    do: Literal[
        "connect",
        "sign_on",
        "sign_off",
        "echo",
        "balance",
        "withdrawal",
        "sale",
        "payment",
        "social_inquiry",
        "contribution",
        "medical",
        "benefit_inquiry",
        "reconciliation",
        "void",
        "refund",
        "reversal",
        "settlement",
        "hang_up",
    ]
    to: str = ""
    terminal: str = ""
    """Which one, where there are several: DE 41. The first without it."""
    card: int = 0
    yuan: int = 0
    wrong_pin: bool = False
    is_tampered: bool = False
    """One bit of the request is changed on the line."""


class Heard(msgspec.Struct, frozen=True):
    """An answer as it came over the line."""

    mti: str
    stan: str
    code: str


class WatchedLine(Line):
    """Notes every answer; changes a request, or adds a refusal behind approvals, where asked."""

    def __init__(self, wire: Wire, *, doubles: bool) -> None:
        """Begin with nothing heard."""
        self.heard: list[Heard] = []
        self.tampers = False
        self._wire = wire
        self._doubles = doubles

    def sends(self, frames: list[bytes]) -> list[bytes]:
        """Change the last bit of a request that has a MAC, once."""
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


class Crew:
    """Terminals at work: each with its line, and how they are connected."""

    def __init__(
        self,
        identities: list[Identity],
        connection: Connection,
        *,
        doubles: bool,
        composite: bool = False,
    ) -> None:
        """Begin unconnected; composite terminals do social services too."""
        wire, clock = composite_wire() if composite else wires()[0], Clock()
        self.lines = {each.id: WatchedLine(wire, doubles=doubles) for each in identities}
        self.terminals = {
            each.id: LiveTerminal(Terminal(each, wire), wire, clock, self.lines[each.id])
            for each in identities
        }
        self._first = identities[0].id
        self._connection = connection
        self._concentrator = Concentrator(wire)
        self._address: tuple[str, int] | None = None
        if connection == "concentrator":
            for each in self.terminals.values():
                self._concentrator.add(each)

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
        results = await terminal.do(_job(order, terminal.terminal, self.lines[name]))
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
        Identity(id=name, merchant=own or merchant, master_key=key) for name, _, own in named
    ]
    crew = partial(Crew, identities, connection, doubles=doubles, composite=composite)
    if not live.run(_work(crew, books)):
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
        _save(crew, books)
        say(msgspec.json.encode({"results": results}).decode())
    crew.close()
    return is_good


def _job(order: Order, terminal: Terminal, line: WatchedLine) -> Job:
    kind = Kind(order.do)
    card = _card(order) if kind in _CARD_JOBS else None
    line.tampers = order.is_tampered
    slips = terminal.memory.slips
    if kind in _OF_A_SLIP and not slips:
        raise ValueError(f"a {kind} needs a slip, and there is none")
    of = slips[-1] if kind in _OF_A_SLIP else None
    content = _content(kind, order.card)
    return Job(kind=kind, card=card, amount_fen=order.yuan * _FEN, of=of, content=content)


def _content(kind: Kind, card: int) -> str:
    """Return field 62 of a social service of a test card's person; empty for all else."""
    if kind not in INQUIRIES | PAYMENTS:
        return ""
    bill = {Kind.CONTRIBUTION: contribution(card), Kind.MEDICAL: treatment(card)}.get(kind, "")
    return payload({"S1": _SERVICES[kind], "S5": bill, "S6": person_of(card).number})


def _card(order: Order) -> Card:
    card = fictional_card(order.card, signs=True)
    return replace(card, pin=card.pin[::-1]) if order.wrong_pin else card


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
