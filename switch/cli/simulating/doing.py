"""What the verbs of `jinbao terminal` share (switch/cli): connect, sign on, do jobs, tell.

Each verb is one connection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

import msgspec
import typer
from msgspec.structs import replace

from messages.crypto.keys import Tmk
from simulators import live
from simulators.cards import Card, fictional_card
from simulators.installation import TMK, wires
from simulators.live import LiveTerminal
from simulators.requests import Identity
from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Kind, Memory, Result, Verdict
from switch.cli.outcome import BAD, say, stop
from switch.cli.security.secrets import read_key
from switch.shell.clock import Clock

_TENTHS_A_DAY: Final = 864_000
FEN: Final = 100
"""Fen in a yuan."""

Where = Annotated[str, typer.Argument(metavar="HOST:PORT", help="The switch.")]
TerminalId = Annotated[str, typer.Option("--terminal", metavar="TID", help="DE 41.")]
MerchantId = Annotated[str, typer.Option("--merchant", metavar="MID", help="DE 42.")]
CardNumber = Annotated[
    int, typer.Option("--card", min=0, max=10**12 - 1, help="Which fictional card.")
]
AmountYuan = Annotated[
    int, typer.Option("--yuan", min=1, max=10**10 - 1, help="The amount in yuan.")
]
OwnKey = Annotated[
    str,
    typer.Option(metavar="FILE|-", help="The terminal master key; else the published test key."),
]


First = Callable[[Terminal, Clock], tuple[Job, ...]]
"""What is prepared after the sign-on; it returns the jobs to begin with."""


class Setting(msgspec.Struct, frozen=True):
    """Which terminal, against which switch, and how its results are told."""

    host: str
    port: int
    identity: Identity
    as_json: bool


def setting(where: str, terminal: str, merchant: str, key_file: str, *, as_json: bool) -> Setting:
    """Return what the options say; an address or key that cannot be read ends with status 2."""
    host, _, port = where.rpartition(":")
    if not host or not port.isdecimal():
        stop(f"{where!r} is no HOST:PORT")
    for name, text, size in (("terminal", terminal, 8), ("merchant", merchant, 15)):
        if not (text.isascii() and text.isalnum() and len(text) == size):
            stop(f"--{name} {text!r}: should be {size} letters or digits")
    key = read_key(Tmk, key_file) if key_file else Tmk.from_hex(TMK)
    return Setting(
        host, int(port), Identity(id=terminal, merchant=merchant, master_key=key), as_json
    )


def used_card(number: int, *, wrong_pin: bool) -> Card:
    """Return a fictional card, with a wrong PIN where that is asked for."""
    card = fictional_card(number, signs=True)
    return replace(card, pin=card.pin[::-1]) if wrong_pin else card


def do(given: Setting, *jobs: Job, first: First | None = None) -> list[Result]:
    """Connect, sign on where a job needs it, do the jobs, hang up; return all results."""
    try:
        return live.run(_done(given, jobs, first))
    except (OSError, TimeoutError) as error:
        stop(f"nobody listens at {given.host}:{given.port} ({type(error).__name__})", BAD)


async def _done(given: Setting, jobs: tuple[Job, ...], first: First | None) -> list[Result]:
    clock, (wire, _) = Clock(), wires()
    # A trace number counts tenths of a second, so that one command never repeats another.
    stan = clock.now().utc_ms // 100 % _TENTHS_A_DAY + 1
    terminal = Terminal(given.identity, wire, Memory(stan=stan))
    line = LiveTerminal(terminal, wire, clock)
    await line.connect(given.host, given.port)
    results: list[Result] = []
    if first is not None:
        results = await line.do(Job(kind=Kind.SIGN_ON))
        if not terminal.memory.is_signed_on:
            return results
        jobs = (*first(terminal, clock), *jobs)
    results += await line.do(*jobs)
    line.close()
    return results


def tell(given: Setting, results: list[Result]) -> None:
    """Say how everything ended; status 1 if anything was not approved."""
    for result in results:
        if given.as_json:
            say(msgspec.json.encode(result).decode())
        else:
            say(_line(result))
    if any(result.verdict is not Verdict.APPROVED for result in results):
        raise typer.Exit(BAD)


def _line(result: Result) -> str:
    """Return one result for a person; amounts in yuan."""
    parts = [f"{result.kind:11}", f"{result.verdict:10}", result.code or "--"]
    if result.amount_fen:
        parts.append(f"{result.amount_fen / FEN:.2f} yuan")
    if result.fee_fen:
        parts.append(f"fee {result.fee_fen / FEN:.2f}")
    if result.balance_fen is not None:
        parts.append(f"balance {result.balance_fen / FEN:.2f}")
    parts.append(f"batch {result.batch}")
    parts += [f"{name} {value}" for name, value in _named(result) if value]
    return "  ".join(parts)


def _named(result: Result) -> tuple[tuple[str, str], ...]:
    return ("STAN", result.stan), ("RRN", result.rrn), ("card", result.shown_card)
