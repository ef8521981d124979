"""`jinbao conform host` (switch/cli): our terminal asks a host, good and bad, and judges it.

Status 0 where it conforms, 1 where a `must` is broken, 130 where Ctrl-C ended it. The host needs
the terminal, its merchant and its master key; what it does about cards is its own.
"""

from __future__ import annotations

import asyncio
import signal
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from messages.crypto.keys import Tmk
from simulators import live
from simulators.conformance.driving.trial import own_setup
from simulators.conformance.evidence.junit import summary
from simulators.conformance.evidence.report import Report
from simulators.conformance.judging.happenings import Note
from simulators.conformance.judging.host import DONE
from simulators.conformance.live import FastClock, ProberClient
from simulators.conformance.outer import Outer, client_of
from simulators.conformance.probing.prober import WAIT_NS, Prober
from simulators.conformance.probing.probes import Probe, Probes, with_probe_files
from simulators.conformance.rules.reading import RulesError
from simulators.installation import FIRST_TERMINAL, MERCHANT, TMK, wires
from simulators.requests import Identity
from switch.cli.conforming.asking import Wanted, check_numbers, folder_of
from switch.cli.conforming.keeping import Keeper, unused, write_reports
from switch.cli.outcome import BAD, note, say, stop
from switch.cli.security.secrets import read_key
from switch.shell.clock import Clock

_STANS = 999_999
"""DE 11 counts 000001-999999."""
_STAN_MS = 5
"""A trace number for each: no host answers 200 a second to one who waits for each answer."""
_LAST = 65_535
"""The last port."""
_BY_SIGNAL = 128
"""Exit status of whoever a signal ended, with its number added: as for any tool."""
_Where = Annotated[str, typer.Argument(metavar="HOST:PORT", help="The host under test.")]
_Terminal = Annotated[str, typer.Option("--terminal", metavar="TID", help="DE 41.")]
_Merchant = Annotated[str, typer.Option(metavar="MID", help="DE 42.")]
_Key = Annotated[str, typer.Option(metavar="FILE|-", help="The terminal master key.")]
_Report = Annotated[str, typer.Option(metavar="FOLDER", help="Keep evidence and reports there.")]
_Probe = Annotated[
    list[str] | None, typer.Option(metavar="ID", help="Only this probe; may be repeated.")
]
_Rules = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE", help="Probes of your own; may be repeated."),
]
_Timeout = Annotated[
    float, typer.Option(metavar="SECONDS", min=0.1, max=600, help="How long an answer may take.")
]
_Outer = Annotated[
    str, typer.Option(metavar="NAME", help="What is around a frame: none, http, block:N.")
]
_Tls = Annotated[bool, typer.Option("--tls", help="Connect with TLS.")]
_TlsCa = Annotated[
    str, typer.Option(metavar="FILE", help="With TLS, trust these issuers of certificates only.")
]
_NS_PER_S = 1_000_000_000
_IN_PIECES = frozenset({"split", "keep-alive", "twice"})
"""Probes that an outer frame leaves out: it has a framing of its own."""


class _Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where the host is, and how it is spoken to."""

    where: str
    address: str
    port: int
    outer: Callable[[], Outer]
    tls: ssl.SSLContext | None


def host(
    where: _Where,
    *,
    terminal: _Terminal = str(FIRST_TERMINAL),
    merchant: _Merchant = MERCHANT,
    key_file: _Key = "",
    report: _Report = "",
    probe: _Probe = None,
    rules: _Rules = None,
    timeout: _Timeout = WAIT_NS / _NS_PER_S,
    outer: _Outer = "none",
    tls: _Tls = False,
    tls_ca: _TlsCa = "",
) -> None:
    """Judge a host: it is asked good and bad things over one connection.

    \b
    Examples:
      jinbao conform host 127.0.0.1:8583 --report out
      jinbao conform host bank.example:8583 --tls --timeout 30 --report out
    """  # noqa: D301 - \b keeps the lines of the examples apart
    address, _, number = where.rpartition(":")
    if not address or not (number.isdecimal() and number.isascii() and 0 < int(number) <= _LAST):
        stop(f"{where!r} is no HOST:PORT")
    check_numbers(Wanted(terminal=terminal or "-", merchant=merchant or "-"))
    target = _Target(
        where=where,
        address=address.strip("[]"),
        port=int(number),
        outer=_outer_frame(outer),
        tls=_client_tls(tls_ca) if tls or tls_ca else None,
    )
    key = read_key(Tmk, key_file) if key_file else Tmk.from_hex(TMK)
    identity = Identity(id=terminal, merchant=merchant, master_key=key)
    folder = folder_of(report) if report else None
    if folder is not None:
        unused(folder)
    # Runs that follow one another at once are of one batch: none may repeat what the last has said.
    stan = Clock().now().utc_ms // _STAN_MS % _STANS + 1
    try:
        own = with_probe_files(rules or ())
    except RulesError as error:
        stop(str(error))
    chosen = _chosen(own, probe, is_wrapped=outer != "none")
    prober = Prober(identity, wires()[0], chosen, stan, own.requirements)
    prober.wait_ns = int(timeout * _NS_PER_S)
    _judge(prober, target, folder, len(own.probes))


def _chosen(own: Probes, names: list[str] | None, *, is_wrapped: bool) -> tuple[Probe, ...]:
    known = [p for p in own.probes if not (is_wrapped and p.defect in _IN_PIECES)]
    if strangers := sorted(set(names or ()) - {each.id for each in known}):
        stop(f"--probe {strangers[0]}: should be one of {', '.join(sorted(p.id for p in known))}")
    return tuple(p for p in known if not names or p.id in names)


def _outer_frame(name: str) -> Callable[[], Outer]:
    try:
        return client_of(name)
    except ValueError as error:
        stop(f"--outer {error}")


def _client_tls(authorities: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=authorities or None)
    except ssl.SSLError:
        stop(f"--tls-ca {authorities}: no certificate in PEM form is there")
    except OSError as error:
        stop(f"--tls-ca {authorities}: {error.strerror}")


def _judge(prober: Prober, target: _Target, folder: Path | None, count: int) -> None:
    """Ask the probes, of `count` that there are; say what came of it."""
    setup = msgspec.structs.replace(own_setup(), suite=prober.suite)
    asked = [case.id for case in prober.suite.cases]
    chosen = asked if len(asked) < count else []
    told = {"role": "host", "drives": target.where, "chosen": chosen}
    keeper = Keeper(setup, folder, told)

    def noted(each: Note) -> None:
        keeper.note(each)
        broken.update(f.requirement for f in each.failures)
        if each.words == DONE:
            note(f"{each.case}: {', '.join(sorted(broken)) or 'kept'}")
            broken.clear()

    broken: set[str] = set()
    prober.noted = noted
    try:
        ended_by = live.run(_ask(prober, target))
    except ssl.SSLError as error:
        stop(f"no TLS with {target.where}: {error.reason or type(error).__name__}", BAD)
    except OSError as error:
        stop(f"nobody listens at {target.where} ({type(error).__name__})", BAD)
    done = _tell(keeper, folder)
    if ended_by:
        note("broken off; what was seen is kept")
        raise typer.Exit(_BY_SIGNAL + ended_by)
    if done.verdict != "pass":
        raise typer.Exit(BAD)


async def _ask(prober: Prober, target: _Target) -> int:
    """Ask everything; return the signal that ended it before, or 0."""
    ended: list[int] = []
    client = ProberClient(prober, FastClock(), target.outer)
    asking = asyncio.create_task(client.run(target.address, target.port, target.tls))

    def end(number: int) -> None:
        ended.append(number)
        asking.cancel()

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, end, number)
    await asyncio.wait((asking,))
    if not ended:
        asking.result()
    return ended[0] if ended else 0


def _tell(keeper: Keeper, folder: Path | None) -> Report:
    done = keeper.end()
    for line in done.lines:
        if line.verdict in {"fail", "warn"}:
            say(summary(line))
    counts = ", ".join(f"{done.count(v)} {v}" for v in ("pass", "fail", "warn", "open"))
    say(f"{done.sentence} ({counts})")
    say(f"last hash {keeper.head}")
    if folder is not None:
        write_reports(done, folder)
        note(f"evidence and reports are in {folder}")
    return done
