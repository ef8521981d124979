"""`jinbao conform host` (switch/cli): our terminal asks a host, good and bad, and judges it.

Status 0 where it conforms, 1 where a `must` is broken. The host needs the terminal, its merchant
and its master key; what it does about cards is its own.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from messages.crypto.keys import Tmk
from simulators import live
from simulators.conformance.driving.trial import own_setup
from simulators.conformance.evidence.junit import summary
from simulators.conformance.evidence.report import report_of
from simulators.conformance.live import FastClock, ProberClient
from simulators.conformance.probing.prober import Prober
from simulators.conformance.probing.probes import packaged_probes
from simulators.installation import FIRST_TERMINAL, MERCHANT, TMK, wires
from simulators.requests import Identity
from switch.cli.conforming.asking import folder_of
from switch.cli.conforming.keeping import Keeper, unused, write_reports
from switch.cli.outcome import BAD, note, say, stop
from switch.cli.security.secrets import read_key
from switch.shell.clock import Clock

_TENTHS_A_DAY = 864_000
_Where = Annotated[str, typer.Argument(metavar="HOST:PORT", help="The host under test.")]
_Terminal = Annotated[str, typer.Option("--terminal", metavar="TID", help="DE 41.")]
_Merchant = Annotated[str, typer.Option(metavar="MID", help="DE 42.")]
_Key = Annotated[str, typer.Option(metavar="FILE|-", help="The terminal master key.")]
_Report = Annotated[str, typer.Option(metavar="FOLDER", help="Keep evidence and reports there.")]
_Probe = Annotated[
    list[str] | None, typer.Option(metavar="ID", help="Only this probe; may be repeated.")
]


def host(
    where: _Where,
    *,
    terminal: _Terminal = str(FIRST_TERMINAL),
    merchant: _Merchant = MERCHANT,
    key_file: _Key = "",
    report: _Report = "",
    probe: _Probe = None,
) -> None:
    """Judge a host: it is asked good and bad things over one connection.

    \b
    Example:
      jinbao conform host 127.0.0.1:8583 --report out
    """  # noqa: D301 - \b keeps the lines of the examples apart
    address, _, port = where.rpartition(":")
    if not address or not port.isdecimal():
        stop(f"{where!r} is no HOST:PORT")
    names = {each.id for each in packaged_probes()}
    if strangers := sorted(set(probe or ()) - names):
        stop(f"--probe {strangers[0]}: should be one of {', '.join(sorted(names))}")
    probes = tuple(p for p in packaged_probes() if not probe or p.id in probe)
    key = read_key(Tmk, key_file) if key_file else Tmk.from_hex(TMK)
    identity = Identity(id=terminal, merchant=merchant, master_key=key)
    if report:
        unused(folder_of(report))
    # A trace number counts tenths of a second, so that one run never repeats another.
    stan = Clock().now().utc_ms // 100 % _TENTHS_A_DAY + 1
    prober = Prober(identity, wires()[0], probes, stan)
    try:
        live.run(ProberClient(prober, FastClock()).run(address, int(port)))
    except (OSError, TimeoutError) as error:
        stop(f"nobody listens at {where} ({type(error).__name__})", BAD)
    _tell(prober, report, where, probe or [])


def _tell(prober: Prober, report: str, where: str, chosen: list[str]) -> None:
    setup = msgspec.structs.replace(own_setup(), suite=prober.suite)
    folder = folder_of(report) if report else None
    keeper = Keeper(setup, folder, {"role": "host", "drives": where, "chosen": chosen})
    for each in prober.notes:
        keeper.note(each)
    done = report_of(prober.suite, keeper.records)
    for line in done.lines:
        if line.verdict in {"fail", "warn"}:
            say(summary(line))
    keeper.end()
    counts = ", ".join(f"{done.count(v)} {v}" for v in ("pass", "fail", "warn", "open"))
    say(f"{done.sentence} ({counts})")
    say(f"last hash {keeper.head}")
    if folder is not None:
        write_reports(report_of(prober.suite, keeper.records), folder)
        note(f"evidence and reports are in {folder}")
    if done.verdict != "pass":
        raise typer.Exit(BAD)
