"""`jinbao terminal work` (switch/cli): a terminal that takes jobs from standard input, one a line.

Its memory lives as long as the process; slips, and every answer that it heard, are kept in a file,
so that they can be compared with the books of the switch and of the issuers.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
import typer
from msgspec.structs import replace

from messages.crypto.keys import Tmk
from simulators import live
from simulators.cards import Card, fictional_card
from simulators.installation import FIRST_TERMINAL, MERCHANT, TMK, wires
from simulators.live import Line, LiveTerminal
from simulators.requests import Identity
from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Kind, Result
from simulators.wire import Wire
from switch.cli.outcome import BAD, say
from switch.shell.clock import Clock

_FEN: Final = 100
_APPROVED, _REFUSED = "00", "05"
_CARD_JOBS: Final = {Kind.WITHDRAWAL, Kind.BALANCE, Kind.SALE, Kind.PAYMENT, Kind.VOID, Kind.REFUND}
_OF_A_SLIP: Final = {Kind.VOID, Kind.REFUND}


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
        "void",
        "refund",
        "reversal",
        "settlement",
        "hang_up",
    ]
    to: str = ""
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


def work(
    *,
    books: Annotated[
        Path, typer.Option(metavar="FILE", help="Keep slips and answers there, as JSON.")
    ],
    doubles: Annotated[
        bool, typer.Option("--doubles", help="Let the line add a refusal to every approval.")
    ] = False,
    terminal: Annotated[str, typer.Option(metavar="TID", help="DE 41.")] = str(FIRST_TERMINAL),
    merchant: Annotated[str, typer.Option(metavar="MID", help="DE 42.")] = MERCHANT,
) -> None:
    """Take jobs from standard input, one JSON object a line, and answer each with one.

    \b
    Example:
      echo '{"do":"connect","to":"127.0.0.1:8583"}
      {"do":"withdrawal","yuan":500}' | jinbao terminal work --books slips.json
    """  # noqa: D301 - \b keeps the lines of the examples apart
    identity = Identity(id=terminal, merchant=merchant, master_key=Tmk.from_hex(TMK))
    if not live.run(_work(identity, books, doubles=doubles)):
        raise typer.Exit(BAD)


async def _work(identity: Identity, books: Path, *, doubles: bool) -> bool:
    """Work until standard input ends; tell whether every line could be read and done."""
    wire, clock = wires()[0], Clock()
    line = WatchedLine(wire, doubles=doubles)
    terminal = LiveTerminal(Terminal(identity, wire), wire, clock, line)
    loop, is_good = asyncio.get_running_loop(), True
    while text := await loop.run_in_executor(None, sys.stdin.readline):
        try:
            results = await _done(terminal, line, msgspec.json.decode(text, type=Order))
        except (msgspec.MsgspecError, OSError, ValueError) as error:
            is_good = False
            say(msgspec.json.encode({"error": str(error) or type(error).__name__}).decode())
            continue
        _save(terminal.terminal, line, books)
        say(msgspec.json.encode({"results": results}).decode())
    terminal.close()
    return is_good


async def _done(terminal: LiveTerminal, line: WatchedLine, order: Order) -> list[Result]:
    if order.do == "hang_up":
        terminal.close()
        return []
    if order.do == "connect":
        host, _, port = order.to.rpartition(":")
        if not host or not port.isdecimal():
            raise ValueError(f"{order.to!r} is no HOST:PORT")
        await terminal.connect(host, int(port))
        return []
    if not terminal.is_connected:
        raise ValueError("not connected")
    kind = Kind(order.do)
    card = _card(order) if kind in _CARD_JOBS else None
    line.tampers = order.is_tampered
    slips = terminal.terminal.memory.slips
    if kind in _OF_A_SLIP and not slips:
        raise ValueError(f"a {kind} needs a slip, and there is none")
    of = slips[-1] if kind in _OF_A_SLIP else None
    return await terminal.do(Job(kind=kind, card=card, amount_fen=order.yuan * _FEN, of=of))


def _card(order: Order) -> Card:
    card = fictional_card(order.card, signs=True)
    return replace(card, pin=card.pin[::-1]) if order.wrong_pin else card


def _save(terminal: Terminal, line: WatchedLine, books: Path) -> None:
    """Write the books anew; whoever reads them never sees half of them."""
    memory = terminal.memory
    kept = {
        "terminal": terminal.identity.id,
        "slips": memory.slips,
        "voided": memory.voided,
        "owed": len(memory.owed),
        "unresolved": memory.unresolved,
        "heard": line.heard,
    }
    fresh = books.with_name(f"{books.name}.new")
    fresh.write_bytes(msgspec.json.encode(kept) + b"\n")
    fresh.replace(books)
