"""`jinbao replay` (switch/cli): a trace sent to a host, and its answers against the recorded ones.

Status 0 where every answer is as recorded or differs where it may, 1 where one does not, 2 where
nothing could be sent.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Final

import typer
from msgspec.structs import replace

from messages.crypto.keys import Tmk, Zmk
from simulators import live
from simulators.accounts import Accounts
from simulators.chip import ChipCheck
from simulators.installation import TMK, issuer_identity
from simulators.issuer import Issuer, IssuerIdentity
from simulators.live import IssuerServer
from simulators.replay.again.dates import Dates, target_of
from simulators.replay.again.issuing import Recorded
from simulators.replay.again.playing import Asked, Pace, Player
from simulators.replay.again.rewriting import Means, Rewriter, Unplayable
from simulators.replay.again.rules import (
    Rewrite,
    signer_of,
    terminals_of,
)
from simulators.replay.again.survey import Survey
from simulators.replay.trace.choosing import zone_of
from simulators.replay.trace.form import TraceError
from simulators.replay.trace.reading import Trace
from simulators.replay.verdict.comparing import Comparer
from simulators.replay.verdict.telling import Told
from simulators.wire import Wire
from switch.cli.outcome import BAD, note, say, stop
from switch.cli.replaying.asking import (
    KeyOfTrace,
    OwnDialect,
    OwnIssuerDialect,
    Source,
    dialects_in,
    rules_and_cards,
    told_errors,
)
from switch.cli.replaying.reporting import (
    IntoJunit,
    IntoPage,
    RulesFile,
    check_places,
    tell,
)
from switch.cli.security.secrets import read_key
from switch.cli.simulating.doing import OwnKey
from switch.cli.verbs import AsJson, verb_app
from switch.shell.clock import Clock

app = verb_app("Send a trace to a host again and compare what it answers.")

_SPEEDS: Final = (0.1, 1_000.0)
_LAST_PORT: Final = 65_535
_RATES: Final = (0.1, 100_000.0)
_PACES: Final = "recorded, x0.5 to x100 (at most x0.1 to x1000), rate:N (0.1 to 100000), or fast"


@app.command()
def run(
    source: Source,
    *,
    target: Annotated[str, typer.Option(metavar="HOST:PORT", help="The host.")],
    rules: RulesFile = "",
    record_key: KeyOfTrace = "",
    dialect: OwnDialect = "",
    key_file: OwnKey = "",
    keys: Annotated[
        str,
        typer.Option(metavar="FILE", help="A master key for each: tid,merchant,master_key."),
    ] = "",
    pace: Annotated[str, typer.Option(help=f"{_PACES}.")] = "recorded",
    wait_s: Annotated[float, typer.Option(min=0.1, help="How long an answer may take.")] = 60.0,
    html: IntoPage = "",
    junit_file: IntoJunit = "",
    survey: Annotated[
        bool, typer.Option("--survey", help="Only say what cannot be sent, and why.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send the terminal side of a trace to a host; status 1 where an answer differs.

    \b
    Examples:
      jinbao replay run traces --target 127.0.0.1:8583 --rules replay.toml
      jinbao replay run traces --target 127.0.0.1:8583 --pace fast --html report.html
      jinbao replay run traces --target 127.0.0.1:8583 --keys fleet.csv --survey
    """  # noqa: D301 - \b keeps the lines of the examples apart
    host, _, port = target.rpartition(":")
    if not host or not (port.isdecimal() and port.isascii() and 0 < int(port) <= _LAST_PORT):
        stop(f"{target!r} is no HOST:PORT")
    asked = Asked(host=host, port=int(port), pace=_pace(pace), wait_s=wait_s)
    if source == "-":
        stop("a trace is looked through before it is sent, so standard input will not do")
    with told_errors():
        check_places(html, junit_file)
        ready = _Ready((source, dialect), rules, record_key, (key_file, keys))
        for remark in ready.survey.remarks:
            note(remark)
        if survey:
            note(f"{ready.survey.requests} requests")
            return
        told = _played(ready, asked, source)
        if not told.sent:
            stop("nothing could be sent")
        tell(told, html, junit_file, as_json=as_json)


class _Ready:
    """A trace with its rules, looked through."""

    def __init__(
        self, source: tuple[str, str], rules: str, record_key: str, keys: tuple[str, str]
    ) -> None:
        """Take a trace, perhaps with its dialect; a key of all terminals, or one for each."""
        self.rules, cards = rules_and_cards(rules, record_key)
        self.trace = Trace(source[0], note)
        dialect = dialects_in(self.trace.header, source[1], "interbank")["terminal"]
        # The published test key is for whoever says nothing of keys.
        key = None if keys[1] else Tmk.from_hex(TMK)
        key = read_key(Tmk, keys[0]) if keys[0] else key
        signer = signer_of(self.rules.cards, Path(rules).parent)
        terminals = terminals_of(keys[1])
        means = Means(cards=cards, master_key=key, terminals=terminals, signer=signer)
        rewrite = self.rules.rewrite
        try:
            self.wire = Wire(dialect)
            self.survey = Survey().of(self.trace, self.wire, means, rewrite)
            dates = _dates(rewrite, zone_of(self.trace.header), self.survey.first_us or 0)
            self.rewriter = Rewriter(self.wire, rewrite, replace(means, dates=dates))
        except (ValueError, Unplayable) as error:
            raise TraceError(str(error)) from None


def _dates(rules: Rewrite, zone: timezone, first_us: int) -> Dates | None:
    try:
        target = target_of(rules.dates, datetime.now(zone).date())
        return None if target is None else Dates(first_us, zone, target)
    except ValueError as error:
        raise TraceError(f"rule rewrite.dates: {error}") from None


def _pace(text: str) -> Pace:
    kind, _, number = text.partition(":")
    try:
        if text in {"recorded", "fast"}:
            return Pace(speed=1.0 if text == "recorded" else 0.0)
        if kind == "rate" and _RATES[0] <= float(number) <= _RATES[1]:
            return Pace(rate=float(number))
        if text.startswith("x") and _SPEEDS[0] <= float(text[1:]) <= _SPEEDS[1]:
            return Pace(speed=float(text[1:]))
    except ValueError:
        stop(f"--pace {text[:20]!r}: should be {_PACES}")
    return stop(f"--pace {text[:20]!r}: should be {_PACES}")


def _played(ready: _Ready, asked: Asked, source: str) -> Told:
    comparer = Comparer(ready.wire.dialect, ready.rules, "terminal")
    player = Player(ready.wire, ready.rewriter, ready.survey, asked)
    player.take, player.surplus = comparer.take, comparer.unasked
    begun = time.monotonic()
    try:
        live.run(_signed_on_and_played(player, ready.trace))
    except OSError as error:
        stop(f"{asked.host}:{asked.port} cannot be reached ({os.strerror(error.errno or 0)})")
    if stood_still := player.patience.remark:
        note(stood_still)
    return Told(
        trace=source,
        target=f"{asked.host}:{asked.port}",
        comparer=comparer,
        sent=player.sent,
        signed_on=player.signed_on,
        left_out=dict(player.left_out),
        unasked=player.unasked,
        late=player.late,
        remarks=(*ready.survey.remarks, *player.remarks, *filter(None, (stood_still,))),
        seconds=time.monotonic() - begun,
    )


async def _signed_on_and_played(player: Player, trace: Trace) -> None:
    await player.sign_on_first()
    for remark in player.remarks:
        note(remark)
    await player.play(trace)


@app.command("issuer")
def issuer_(
    source: Source,
    *,
    issuer_dialect: OwnIssuerDialect = "",
    link: Annotated[str, typer.Option(help="The link in the trace; any without it.")] = "",
    number: Annotated[int, typer.Option(min=0, help="Which bank of the test set-up.")] = 0,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    rules: RulesFile = "",
    record_key: KeyOfTrace = "",
    yuan: Annotated[int, typer.Option(min=0, help="What is in each account.")] = 10_000,
    timed: Annotated[
        bool, typer.Option("--timed/--at-once", help="Answer as late as recorded.")
    ] = True,
    chip: Annotated[
        ChipCheck, typer.Option(help="What it does about the cryptograms of chips.")
    ] = ChipCheck.IGNORE,
    zmk_file: Annotated[
        str, typer.Option(metavar="FILE|-", help="The link's ZMK; else the published test key.")
    ] = "",
    institution: Annotated[str, typer.Option(help="Its id in headers; that of the bank.")] = "",
    peer: Annotated[str, typer.Option(help="The switch's id in headers; the test set-up's.")] = "",
) -> None:
    """Be the issuer of a trace: answer, refuse and fall silent as it did, until a signal.

    \b
    Example:
      jinbao replay issuer traces --link bank-1 --port 7001 --rules replay.toml
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with told_errors():
        _, cards = rules_and_cards(rules, record_key)
        trace = Trace(source, note)
        dialect = dialects_in(trace.header, "pos", issuer_dialect)["issuer"]
        try:
            wire = Wire(dialect)
        except ValueError as error:
            raise TraceError(f"{source}: no bank of ours speaks that: {error}") from None
        recorded = Recorded(trace, link, wire, cards)
        _check_link(recorded, source, link)
    accounts = Accounts()
    for card in cards.values():
        accounts.open(card, yuan * 100)
    identity = _identity(number, zmk_file, institution, peer)
    if recorded.addresses not in {("", ""), (identity.id, identity.peer)}:
        one, other = recorded.addresses
        note(f"the trace has institution {one} and switch {other}: --institution and --peer say so")
    bank = Issuer(identity, wire, accounts)
    bank.chip_check = chip
    bank.temper = lambda heard: recorded.temper(heard, timed=timed)
    note(f"{recorded.count} recorded requests")
    try:
        live.run(_serve(bank, wire, host, port))
    except OSError as error:
        stop(f"cannot listen on {host}:{port} ({os.strerror(error.errno or 0)})", BAD)
    for what, count in recorded.found.items():
        note(f"{count} requests {what}")


def _check_link(recorded: Recorded, source: str, link: str) -> None:
    """Say what of a trace no bank can answer; TraceError where that is all there is."""
    named = ", ".join(name for name, count in recorded.links.most_common(5) if count)
    if not named:
        raise TraceError(
            f"{source}: no request to an issuer is in it. What it has, terminals asked: replay run "
            "sends that, and a bank that answers by itself is jinbao issuer"
        )
    if recorded.elsewhere:
        kinds = ", ".join(f"{name} ({count})" for name, count in recorded.elsewhere.most_common(5))
        told = f"for a host of services, no bank: {kinds}; see jinbao social-host, product-host"
        if not recorded.count:
            raise TraceError(f"{source}: what was asked on {link or 'its links'} is {told}")
        note(f"not answered as recorded, {told}")
    if not recorded.count:
        where = f"on link {link}" if link else "by a switch"
        raise TraceError(f"{source}: nothing was asked {where}; its links: {named}")


def _identity(number: int, zmk_file: str, institution: str, peer: str) -> IssuerIdentity:
    """Return who the bank is: one of the test set-up, but for what is given."""
    found = issuer_identity(number)
    for name, told in (("--institution", institution), ("--peer", peer)):
        if told and not (told.isascii() and told.isdecimal() and len(told) == len(found.id)):
            stop(f"{name} {told[:20]!r}: an institution has {len(found.id)} digits")
    return replace(
        found,
        id=institution or found.id,
        peer=peer or found.peer,
        zmk=read_key(Zmk, zmk_file) if zmk_file else found.zmk,
    )


async def _serve(bank: Issuer, wire: Wire, host: str, port: int) -> None:
    server = IssuerServer(bank, wire, Clock())
    taken = await server.open(host, port)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, ended.set)
    say(f"listening on {host}:{taken}")
    await ended.wait()
    server.close()
