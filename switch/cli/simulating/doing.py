"""What the verbs of `jinbao terminal` share (switch/cli): connect, sign on, do jobs, tell.

Each verb is one connection.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
import typer
from msgspec.structs import replace

from messages.crypto.keys import Tmk
from simulators import live
from simulators.cards import Card, fictional_card
from simulators.installation import FIRST_TERMINAL, MERCHANT, TMK, composite_wire, wires
from simulators.live import LiveTerminal
from simulators.requests import CHANNELS, DOUBLE_LENGTH, WITH_TRACK_KEY, Identity
from simulators.terminal import Terminal
from simulators.terminal_memory import Entry, Job, Kind, Result, Verdict
from simulators.terminals.debts import TRIES, ReversalRules
from simulators.terminals.services import SERVICES
from switch.cli.outcome import BAD, say, stop
from switch.cli.security.secrets import read_key
from switch.cli.simulating.keeping import Keeper, default_file, kept
from switch.cli.verbs import AsJson, BusinessDate, offset_ms
from switch.shell.clock import Clock

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
BankChannel = Annotated[
    str,
    typer.Option(
        "--channel",
        metavar="|".join(CHANNELS),
        help="A bank's own channel, with a terminal of it; else a service point.",
    ),
]
OwnKey = Annotated[
    str,
    typer.Option(metavar="FILE|-", help="The terminal master key; else the published test key."),
]


StateFile = Annotated[
    Path | None,
    typer.Option(
        "--state", metavar="FILE", help="Where its STAN and what it owes are kept; else by TID."
    ),
]
ReversalTries = Annotated[
    int, typer.Option("--reversal-tries", min=1, max=99, help="How often it sends a reversal.")
]
Expiry = Literal["never", "day_end"]
ReversalExpiry = Annotated[
    Expiry, typer.Option("--reversal-expiry", help="Whether one of an earlier day is still sent.")
]
TrackKey = Annotated[
    bool, typer.Option("--track-key", help="Sign on with 004: tracks go under a key of their own.")
]
CardEntry = Annotated[
    Entry, typer.Option("--entry", help="How the card is read: DE 22, and with a chip DE 55.")
]
WrongPin = Annotated[bool, typer.Option("--wrong-pin", help="Type a wrong PIN.")]
First = Callable[[Terminal, Clock], tuple[Job, ...]]
"""What is prepared after the sign-on; it returns the jobs to begin with."""
Then = Callable[[list[Result]], tuple[Job, ...]]
"""What follows from the results so far."""


class Setting(msgspec.Struct, frozen=True):
    """Which terminal, against which switch, what it keeps where, and how its results are told."""

    host: str
    port: int
    identity: Identity
    as_json: bool
    state: Path
    rules: ReversalRules
    is_composite: bool = False
    entry: Entry = Entry.CHIP
    offset_ms: int = 0


def _options(
    where: Where,
    *,
    terminal: TerminalId = str(FIRST_TERMINAL),
    merchant: MerchantId = MERCHANT,
    key_file: OwnKey = "",
    state: StateFile = None,
    reversal_tries: ReversalTries = TRIES,
    reversal_expiry: ReversalExpiry = "never",
    entry: CardEntry = Entry.CHIP,
    track_key: TrackKey = False,
    business_date: BusinessDate = "",
    as_json: AsJson = False,
) -> Setting:
    """Return what the options of every verb say; an address or key that is none ends with 2."""
    host, _, port = where.rpartition(":")
    if not host or not port.isdecimal():
        stop(f"{where!r} is no HOST:PORT")
    key = read_key(Tmk, key_file) if key_file else Tmk.from_hex(TMK)
    return Setting(
        host,
        int(port),
        known_identity(terminal, merchant, key, track_key=track_key),
        as_json,
        state or default_file(terminal),
        ReversalRules(tries=reversal_tries, expires=reversal_expiry),
        entry=entry,
        offset_ms=offset_ms(business_date),
    )


def known_identity(terminal: str, merchant: str, key: Tmk, *, track_key: bool) -> Identity:
    """Return what a terminal is set up with; status 2 where DE 41 or DE 42 can be none."""
    for name, text, size in (("terminal", terminal, 8), ("merchant", merchant, 15)):
        if not (text.isascii() and text.isalnum() and len(text) == size):
            stop(f"--{name} {text!r}: should be {size} letters or digits")
    sign_on = WITH_TRACK_KEY if track_key else DOUBLE_LENGTH
    return Identity(id=terminal, merchant=merchant, master_key=key, sign_on=sign_on)


_COMMON: Final = inspect.signature(_options, eval_str=True).parameters
"""The options that every verb of a terminal has, written once."""
_OF_A_CARD: Final = frozenset({"entry"})
"""Those of a verb with a card only."""


def terminal_verb(verb: Callable[..., None]) -> Callable[..., None]:
    """Give a verb the options of every terminal: it gets them as its first argument, `given`."""
    _, *own = inspect.signature(verb, eval_str=True).parameters.values()
    has_card = any(each.name == "card" for each in own)
    where, *common = (each for name, each in _COMMON.items() if has_card or name not in _OF_A_CARD)
    parameters = [where, *own, *common]

    def called(**options: Any) -> None:  # noqa: ANN401 - whatever the verb's options are
        given = _options(**{name: options.pop(name) for name in _COMMON if name in options})
        verb(given, **options)

    called.__name__, called.__doc__ = verb.__name__, verb.__doc__
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return called


def known_channel(channel: str) -> str:
    """Return a channel; status 2 for what is none."""
    if channel and channel not in CHANNELS:
        stop(f"--channel is one of {', '.join(CHANNELS)}, not {channel!r}")
    return channel


def used_card(number: int, *, wrong_pin: bool) -> Card:
    """Return a fictional card, with a wrong PIN where that is asked for."""
    card = fictional_card(number, signs=True)
    return replace(card, pin=card.pin[::-1]) if wrong_pin else card


def do(
    given: Setting, *jobs: Job, first: First | None = None, then: Then | None = None
) -> list[Result]:
    """Connect, sign on where a job needs it, do the jobs, hang up; return all results.

    `then` returns what the results so far ask for, nothing for no more.
    """
    try:
        return live.run(_done(given, jobs, first, then))
    except (OSError, TimeoutError) as error:
        stop(f"nobody listens at {given.host}:{given.port} ({type(error).__name__})", BAD)


async def _done(
    given: Setting, jobs: tuple[Job, ...], first: First | None, then: Then | None
) -> list[Result]:
    with kept(given.state) as keeper:
        results, live_terminal = await _with(keeper, given, jobs, first)
        if then is not None and (more := then(results)):
            results += await live_terminal.do(*_entered(given, more))
        live_terminal.close()
        return results


async def _with(
    keeper: Keeper, given: Setting, jobs: tuple[Job, ...], first: First | None
) -> tuple[list[Result], LiveTerminal]:
    # Whoever asks for a social service is a composite terminal, and says so in its header.
    is_composite = given.is_composite or any(job.kind in SERVICES for job in jobs)
    clock, wire = Clock(given.offset_ms), composite_wire() if is_composite else wires()[0]
    terminal = Terminal(given.identity, wire, keeper.memory, given.rules)
    line = LiveTerminal(terminal, wire, clock, keeper)
    await line.connect(given.host, given.port)
    results: list[Result] = []
    if first is not None:
        results = await line.do(Job(kind=Kind.SIGN_ON))
        if not terminal.memory.is_signed_on:
            return results, line
        jobs = (*first(terminal, clock), *jobs)
    results += await line.do(*_entered(given, jobs))
    return results, line


def _entered(given: Setting, jobs: tuple[Job, ...]) -> tuple[Job, ...]:
    """Return jobs whose cards are read as it was said."""
    return tuple(replace(job, entry=given.entry) for job in jobs)


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
    if result.kind in {Kind.DOWNLOAD, Kind.UPLOAD} and result.of:
        parts.append(result.of)
    parts.append(f"batch {result.batch}")
    parts += [f"{name} {value}" for name, value in _named(result) if value]
    slip = result.told.get("S7", "")
    return "\n".join(("  ".join(parts), *(f"  {line}" for line in slip.split("\n") if line)))


def _named(result: Result) -> tuple[tuple[str, str], ...]:
    told = (("bill", result.told.get("S5", "")), ("totals", result.told.get("S8", "")))
    return ("STAN", result.stan), ("RRN", result.rrn), ("card", result.shown_card), *told
