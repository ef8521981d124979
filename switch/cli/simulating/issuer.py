"""`jinbao issuer` (switch/cli): an issuing bank's host with test keys and test cards, on a port.

Its books are its own: they are written to a file when it ends and on SIGUSR1, so that they can be
compared with the switch's.
"""

from __future__ import annotations

import asyncio
import os
import signal
from itertools import count
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from simulators import live
from simulators.accounts import Accounts
from simulators.cards import fictional_card
from simulators.chip import ChipCheck
from simulators.installation import CARDS_EACH, issuer_identity, wires
from simulators.issuer import CALM, Issuer, Temper
from simulators.issuing import rules as issuer_rules
from simulators.issuing.rules import Rules, RulesError
from simulators.live import IssuerServer
from simulators.wire import Heard
from simulators.world.plants import LostReversal, Overcharging
from switch.cli.outcome import BAD, say, stop
from switch.cli.verbs import verb_app
from switch.shell.clock import Clock

app = verb_app()
RuleFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="What it does wrong, and when, as TOML.")
]
BookFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the books as JSON at the end.")
]
WrongMac = Annotated[bool, typer.Option("--wrong-mac", help="Answer with a wrong MAC.")]


class _Asked(msgspec.Struct, frozen=True):
    """Where to listen, and where to keep the books."""

    host: str
    port: int
    lines: int
    books: Path | None
    as_json: bool


@app.command()
def issuer(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    number: Annotated[int, typer.Option(min=0, help="Which bank of the test set-up.")] = 0,
    cards: Annotated[int, typer.Option(min=1, max=CARDS_EACH, help="How many accounts.")] = 10,
    yuan: Annotated[int, typer.Option(min=0, help="What is in each account.")] = 10_000,
    delay_ms: Annotated[int, typer.Option(min=0, help="Answer this much later.")] = 0,
    silent: Annotated[bool, typer.Option("--silent", help="Carry out, and say nothing.")] = False,
    code: Annotated[str, typer.Option(help="Refuse with this DE 39.")] = "",
    twice: Annotated[bool, typer.Option("--twice", help="Answer twice.")] = False,
    wrong_mac: WrongMac = False,
    every: Annotated[int, typer.Option(min=1, help="So only every n-th request.")] = 1,
    keeps: Annotated[
        bool, typer.Option("--keeps", help="Acknowledge reversals and give nothing back.")
    ] = False,
    overcharges: Annotated[
        bool, typer.Option("--overcharges", help="Debit a fen more than the fee it is told.")
    ] = False,
    lines: Annotated[int, typer.Option(min=1, max=16, help="How many connections it takes.")] = 1,
    trusting: Annotated[bool, typer.Option("--trusting", help="Check no MAC, no PIN.")] = False,
    chip: Annotated[
        ChipCheck, typer.Option(help="What it does about the cryptograms of chips.")
    ] = ChipCheck.IGNORE,
    rules: RuleFile = None,
    books: BookFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="The ready line as JSON.")] = False,
) -> None:
    """Be an issuing bank with test cards; what it does wrong is chosen here.

    \b
    Examples:
      jinbao issuer --port 7001 --books bank.json
      jinbao issuer --port 7001 --silent --every 3
      jinbao issuer --port 7001 --rules trouble.toml
    """  # noqa: D301 - \b keeps the lines of the examples apart
    ruled = _rules(rules)
    accounts = _accounts(keeps=keeps, overcharges=overcharges)
    for card in range(number * CARDS_EACH, number * CARDS_EACH + cards):
        accounts.open(fictional_card(card), yuan * 100)
    host_of_bank = Issuer(issuer_identity(number), wires()[1], accounts)
    host_of_bank.is_trusting = trusting
    host_of_bank.chip_check = chip
    temper = Temper(
        delay_ms=delay_ms, answers=0 if silent else 1 + twice, code=code, breaks_mac=wrong_mac
    )
    requests = count(1)

    def tempered(heard: Heard) -> Temper:
        # A reversal is always served as it should be.
        is_request = heard.mti in {"0100", "0200"}
        return temper if is_request and next(requests) % every == 0 else CALM

    host_of_bank.temper = issuer_rules.ruled(ruled, tempered)
    try:
        live.run(_serve(host_of_bank, _Asked(host, port, lines, books, as_json)))
    except OSError as error:
        # The loop's own text names the address once more; the system's does not.
        stop(f"cannot listen on {host}:{port} ({os.strerror(error.errno or 0)})", BAD)


def _rules(file: Path | None) -> Rules:
    """Return what a rule file says, nothing without one; one that is wrong ends with status 2."""
    try:
        return Rules(issuer_rules.read(file) if file is not None else ())
    except RulesError as error:
        stop(str(error))


def _accounts(*, keeps: bool, overcharges: bool) -> Accounts:
    """Return books without an account; money is kept, or a fen too much taken, where asked."""
    if keeps:
        return LostReversal(*wires()).accounts()
    return Overcharging() if overcharges else Accounts()


async def _serve(host_of_bank: Issuer, asked: _Asked) -> None:
    """Serve until a signal ends it."""
    server = IssuerServer(host_of_bank, wires()[1], Clock(), asked.lines)
    taken = await server.open(asked.host, asked.port)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, ended.set)
    if asked.books is not None:
        loop.add_signal_handler(signal.SIGUSR1, server.save_books, asked.books)
    # Told last: whoever waits for this line may send a signal at once.
    address = f"{asked.host}:{taken}"
    if asked.as_json:
        say(msgspec.json.encode({"issuer": address}).decode())
    else:
        say(f"listening on {address}")
    await ended.wait()
    server.close()
    if asked.books is not None:
        server.save_books(asked.books)
