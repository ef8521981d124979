"""`jinbao terminal` (switch/cli): one terminal with a test card against a switch that runs.

Each verb connects, signs on, does one thing and hangs up; status 1 if it was not approved.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

import msgspec
import typer

from messages.crypto.keys import Tmk
from simulators import live
from simulators.cards import Card, fictional_card
from simulators.installation import FIRST_TERMINAL, MERCHANT, TMK, wires
from simulators.live import LiveTerminal
from simulators.requests import BALANCE, WITHDRAWAL, Identity
from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Kind, Memory, Result, Verdict
from switch.cli.outcome import BAD, say, stop
from switch.cli.security.secrets import read_key
from switch.cli.simulating.working import work
from switch.cli.verbs import AsJson, verb_app
from switch.shell.clock import Clock

app = verb_app("Be a terminal with a test card: sign on, withdraw, inquire, reverse, echo.")
_TENTHS_A_DAY: Final = 864_000
_FEN: Final = 100
_REASONS: Final = ("98", "A0", "06")
"""DE 39 of a reversal: no answer, a wrong MAC on it, another cause."""

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


class _Set(msgspec.Struct, frozen=True):
    """Which terminal, against which switch, and how its results are told."""

    host: str
    port: int
    identity: Identity
    as_json: bool


def _set(where: str, terminal: str, merchant: str, key_file: str, *, as_json: bool) -> _Set:
    host, _, port = where.rpartition(":")
    if not host or not port.isdecimal():
        stop(f"{where!r} is no HOST:PORT")
    for name, text, size in (("terminal", terminal, 8), ("merchant", merchant, 15)):
        if not (text.isascii() and text.isalnum() and len(text) == size):
            stop(f"--{name} {text!r}: should be {size} letters or digits")
    key = read_key(Tmk, key_file) if key_file else Tmk.from_hex(TMK)
    return _Set(host, int(port), Identity(id=terminal, merchant=merchant, master_key=key), as_json)


@app.command()
def signon(
    where: Where,
    *,
    terminal: TerminalId = str(FIRST_TERMINAL),
    merchant: MerchantId = MERCHANT,
    key_file: OwnKey = "",
    as_json: AsJson = False,
) -> None:
    """Sign on and check the working keys.

    \b
    Example:
      jinbao terminal signon 127.0.0.1:8583
    """  # noqa: D301 - \b keeps the lines of the examples apart
    given = _set(where, terminal, merchant, key_file, as_json=as_json)
    _tell(given, _do(given, Job(kind=Kind.SIGN_ON)))


@app.command()
def echo(
    where: Where,
    *,
    terminal: TerminalId = str(FIRST_TERMINAL),
    merchant: MerchantId = MERCHANT,
    as_json: AsJson = False,
) -> None:
    """Ask whether the switch is there; no keys are needed.

    \b
    Example:
      jinbao terminal echo 127.0.0.1:8583
    """  # noqa: D301 - \b keeps the lines of the examples apart
    given = _set(where, terminal, merchant, "", as_json=as_json)
    _tell(given, _do(given, Job(kind=Kind.ECHO)))


@app.command()
def withdraw(
    where: Where,
    *,
    yuan: AmountYuan = 500,
    card: CardNumber = 0,
    wrong_pin: Annotated[bool, typer.Option("--wrong-pin", help="Type a wrong PIN.")] = False,
    terminal: TerminalId = str(FIRST_TERMINAL),
    merchant: MerchantId = MERCHANT,
    key_file: OwnKey = "",
    as_json: AsJson = False,
) -> None:
    """Withdraw cash (助农取款) with a test card.

    \b
    Examples:
      jinbao terminal withdraw 127.0.0.1:8583 --yuan 500
      jinbao terminal withdraw 127.0.0.1:8583 --card 3 --wrong-pin
    """  # noqa: D301 - \b keeps the lines of the examples apart
    given = _set(where, terminal, merchant, key_file, as_json=as_json)
    used = _card(card, wrong_pin=wrong_pin)
    job = Job(kind=Kind.WITHDRAWAL, card=used, amount_fen=yuan * _FEN, code=WITHDRAWAL)
    # A withdrawal of unknown outcome is reversed before the terminal hangs up.
    _tell(given, _do(given, job, Job(kind=Kind.REVERSAL)))


@app.command()
def balance(
    where: Where,
    *,
    card: CardNumber = 0,
    wrong_pin: Annotated[bool, typer.Option("--wrong-pin", help="Type a wrong PIN.")] = False,
    terminal: TerminalId = str(FIRST_TERMINAL),
    merchant: MerchantId = MERCHANT,
    key_file: OwnKey = "",
    as_json: AsJson = False,
) -> None:
    """Ask for the balance of a test card.

    \b
    Example:
      jinbao terminal balance 127.0.0.1:8583 --card 3
    """  # noqa: D301 - \b keeps the lines of the examples apart
    given = _set(where, terminal, merchant, key_file, as_json=as_json)
    used = _card(card, wrong_pin=wrong_pin)
    _tell(given, _do(given, Job(kind=Kind.BALANCE, card=used, code=BALANCE)))


@app.command()
def reverse(
    where: Where,
    *,
    stan: Annotated[int, typer.Option(min=1, max=999_999, help="DE 11 of the withdrawal.")],
    yuan: AmountYuan = 500,
    batch: Annotated[
        int, typer.Option(min=0, max=999_999, help="DE 60.2; 0 is the open batch.")
    ] = 0,
    card: CardNumber = 0,
    reason: Annotated[str, typer.Option(help="DE 39: 98, A0 or 06.")] = "98",
    terminal: TerminalId = str(FIRST_TERMINAL),
    merchant: MerchantId = MERCHANT,
    key_file: OwnKey = "",
    as_json: AsJson = False,
) -> None:
    """Reverse a withdrawal by its trace number.

    \b
    Example:
      jinbao terminal reverse 127.0.0.1:8583 --stan 351204 --yuan 500
    """  # noqa: D301 - \b keeps the lines of the examples apart
    given = _set(where, terminal, merchant, key_file, as_json=as_json)
    if reason not in _REASONS:
        stop(f"--reason {reason!r}: should be {', '.join(_REASONS)}")
    job = Job(
        kind=Kind.WITHDRAWAL, card=_card(card, wrong_pin=False), amount_fen=yuan * _FEN, code=reason
    )

    def remember(live_terminal: Terminal, clock: Clock) -> None:
        live_terminal.owe(job, stan, batch or live_terminal.memory.batch, clock.now())

    _tell(given, _do(given, Job(kind=Kind.REVERSAL), first=remember))


app.command()(work)


def _card(number: int, *, wrong_pin: bool) -> Card:
    card = fictional_card(number)
    return Card(pan=card.pan, pin=card.pin[::-1]) if wrong_pin else card


def _do(
    given: _Set, *jobs: Job, first: Callable[[Terminal, Clock], None] | None = None
) -> list[Result]:
    """Connect, sign on where a job needs it, do the jobs, hang up; return all results."""
    try:
        return live.run(_done(given, jobs, first))
    except (OSError, TimeoutError) as error:
        stop(f"nobody listens at {given.host}:{given.port} ({type(error).__name__})", BAD)


async def _done(
    given: _Set, jobs: tuple[Job, ...], first: Callable[[Terminal, Clock], None] | None
) -> list[Result]:
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
        first(terminal, clock)
    results += await line.do(*jobs)
    line.close()
    return results


def _tell(given: _Set, results: list[Result]) -> None:
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
        parts.append(f"{result.amount_fen / _FEN:.2f} yuan")
    if result.balance_fen is not None:
        parts.append(f"balance {result.balance_fen / _FEN:.2f}")
    parts.append(f"batch {result.batch}")
    parts += [f"{name} {value}" for name, value in _named(result) if value]
    return "  ".join(parts)


def _named(result: Result) -> tuple[tuple[str, str], ...]:
    return ("STAN", result.stan), ("RRN", result.rrn), ("card", result.shown_card)
