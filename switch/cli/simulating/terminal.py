"""`jinbao terminal` (switch/cli): one terminal with a test card against a switch that runs.

Each verb connects, signs on, does one thing and hangs up; status 1 if it was not approved.
"""

from __future__ import annotations

from typing import Annotated, Final

import typer
from msgspec.structs import replace

from simulators.requests import REVERSIBLE
from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Kind, Memory
from simulators.terminals.services import SERVICES
from switch.cli.outcome import stop
from switch.cli.simulating.doing import (
    FEN,
    AmountYuan,
    BankChannel,
    CardNumber,
    Setting,
    WrongPin,
    do,
    known_channel,
    tell,
    terminal_verb,
    used_card,
)
from switch.cli.simulating.selling import SELLING, TypeCode, check_type
from switch.cli.simulating.settling import settle
from switch.cli.simulating.working import work
from switch.cli.social.buying import BUYING
from switch.cli.social.services import SERVING
from switch.cli.verbs import verb_app
from switch.shell.clock import Clock

app = verb_app("Be a terminal with a test card: sign on, withdraw, sell, inquire, reverse, echo.")
_NET_BANK: Final = "netbank"
_REVERSED: Final = tuple(kind.value for kind in Kind if kind in REVERSIBLE)
"""What can be reversed: all that moves money at once."""
_REASONS: Final = ("98", "A0", "06")
"""DE 39 of a reversal: no answer, a wrong MAC on it, another cause."""


@app.command()
@terminal_verb
def signon(
    given: Setting,
) -> None:
    """Sign on and check the working keys.

    \b
    Examples:
      jinbao terminal signon 127.0.0.1:8583
      jinbao terminal signon 127.0.0.1:8583 --track-key
    """  # noqa: D301 - \b keeps the lines of the examples apart
    tell(given, do(given, Job(kind=Kind.SIGN_ON)))


@app.command()
@terminal_verb
def echo(
    given: Setting,
) -> None:
    """Ask whether the switch is there; no keys are needed.

    \b
    Example:
      jinbao terminal echo 127.0.0.1:8583
    """  # noqa: D301 - \b keeps the lines of the examples apart
    tell(given, do(given, Job(kind=Kind.ECHO)))


@app.command()
@terminal_verb
def withdraw(
    given: Setting,
    *,
    yuan: AmountYuan = 500,
    card: CardNumber = 0,
    wrong_pin: WrongPin = False,
    channel: BankChannel = "",
) -> None:
    """Withdraw cash with a test card (助农取款; from a bank's own device with --channel).

    \b
    Examples:
      jinbao terminal withdraw 127.0.0.1:8583 --yuan 500
      jinbao terminal withdraw 127.0.0.1:8583 --card 3 --wrong-pin
      jinbao terminal withdraw 127.0.0.1:8583 --entry stripe
      jinbao terminal withdraw HOST:PORT --channel atm --terminal 50010004 --merchant MID
    """  # noqa: D301 - \b keeps the lines of the examples apart
    used = used_card(card, wrong_pin=wrong_pin)
    if known_channel(channel) == _NET_BANK:
        stop("a net bank pays no cash out")
    job = Job(kind=Kind.WITHDRAWAL, card=used, amount_fen=yuan * FEN, channel=channel)
    # A withdrawal of unknown outcome is reversed before the terminal hangs up.
    tell(given, do(given, job, Job(kind=Kind.REVERSAL)))


@app.command()
@terminal_verb
def balance(
    given: Setting,
    *,
    card: CardNumber = 0,
    wrong_pin: WrongPin = False,
    channel: BankChannel = "",
) -> None:
    """Ask for the balance of a test card.

    \b
    Example:
      jinbao terminal balance 127.0.0.1:8583 --card 3
    """  # noqa: D301 - \b keeps the lines of the examples apart
    used = used_card(card, wrong_pin=wrong_pin)
    job = Job(kind=Kind.BALANCE, card=used, channel=known_channel(channel))
    tell(given, do(given, job))


@app.command()
@terminal_verb
def reverse(
    given: Setting,
    *,
    stan: Annotated[int, typer.Option(min=1, max=999_999, help="DE 11 of the original.")],
    yuan: AmountYuan = 500,
    of: Annotated[
        str, typer.Option(metavar="KIND", help=f"What it was: {', '.join(_REVERSED)}.")
    ] = Kind.WITHDRAWAL.value,
    type_code: TypeCode = "",
    channel: BankChannel = "",
    batch: Annotated[
        int, typer.Option(min=0, max=999_999, help="DE 60.2; 0 is the open batch.")
    ] = 0,
    card: CardNumber = 0,
    reason: Annotated[str, typer.Option(help="DE 39: 98, A0 or 06.")] = "98",
) -> None:
    """Reverse a transaction by its trace number: a withdrawal, or what --of says.

    \b
    Examples:
      jinbao terminal reverse 127.0.0.1:8583 --stan 351204 --yuan 500
      jinbao terminal reverse 127.0.0.1:8583 --stan 351733 --yuan 80 --of sale
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if reason not in _REASONS:
        stop(f"--reason {reason!r}: should be {', '.join(_REASONS)}")
    if of not in _REVERSED:
        stop(f"--of {of!r}: should be {', '.join(_REVERSED)}")
    check_type(type_code)
    kind = Kind(of)
    job = Job(
        kind=kind,
        card=used_card(card, wrong_pin=False),
        amount_fen=yuan * FEN,
        code=type_code,
        channel=known_channel(channel),
        entry=given.entry,
    )
    given = replace(given, is_composite=kind in SERVICES)

    def remember(live_terminal: Terminal, clock: Clock) -> tuple[Job, ...]:
        then = Memory(batch or live_terminal.memory.batch, stan)
        live_terminal.owe(job, reason, then, clock.now())
        return ()

    tell(given, do(given, Job(kind=Kind.REVERSAL), first=remember))


app.command()(work)
app.command()(settle)
for _verb in SERVING:
    app.command()(_verb)
for _verb in BUYING:
    app.command()(_verb)
for _verb in SELLING:
    app.command()(_verb)
