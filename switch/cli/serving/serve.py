"""`jinbao serve` (switch/cli): configuration, ledger, engine and shell put together and run.

Standard output gets one line, once terminals can connect; log lines go to standard error or to
the file that the configuration names.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import msgspec
import typer

from messages.dialects.family import Family
from messages.dialects.loader import load_dialect, packaged_names
from switch.cli import load as on_demand
from switch.cli.books.dating import begun
from switch.cli.books.settling import control_verbs
from switch.cli.books.stores import on_postgres
from switch.cli.outcome import note, say, stop
from switch.cli.replaying.recording import (
    RecordInto,
    RecordKey,
    RecordMost,
    end_recording,
    recording,
)
from switch.cli.serving.folder import Folder, loaded
from switch.cli.serving.reloading import reload_of
from switch.cli.serving.workers import check_workers, own_place, supervise
from switch.cli.social.deciding import bill_verb
from switch.cli.social.paying import payout_verb
from switch.cli.verbs import BusinessDate, offset_ms, verb_app
from switch.config.files import split_address
from switch.config.installation import Installation
from switch.core.engine import Engine
from switch.ledger.protocol import LedgerOpenError, SharedLedger
from switch.ledger.sqlite import SqliteLedger
from switch.pipeline import make_engine
from switch.shell.clock import Clock, wall_ns
from switch.shell.process import Gauges, Parts, Ready, Reload, Watch, run
from switch.shell.settings import Limits, LinkAddress, ListenAddress, Settings
from switch.shell.stops import Stops, StopsFileError
from switch.shell.watching.control import Verb
from switch.shell.watching.counters import Counters
from switch.shell.watching.log import Log
from switch.shell.watching.recorder import Recorder

_MS_PER_S: Final = 1_000
_NS_PER_MS: Final = 1_000_000
app = verb_app()

_STANDARD_ERROR: Final = 2
"""Its descriptor: log lines are bytes, written whole, past any buffer of text."""


@app.command()
def serve(
    *,
    folder: Folder,
    business_date: BusinessDate = "",
    port_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the ports there, one a line.")
    ] = None,
    metrics: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Answer scrapes of Prometheus there.")
    ] = "",
    workers: Annotated[
        int, typer.Option(metavar="N", help="Processes on one ledger; needs PostgreSQL.")
    ] = 1,
    record: RecordInto = None,
    record_key: RecordKey = "",
    record_mb: RecordMost = 1024,
    as_json: Annotated[bool, typer.Option("--json", help="The ready line as JSON.")] = False,
) -> None:
    """Run the switch until SIGTERM or SIGINT.

    What is in flight is then finished. Status 70 after an error of our own, 74 after a failed
    commit.

    \b
    Examples:
      jinbao serve -c city
      jinbao serve -c city --business-date 2014-06-18T23:58
      jinbao serve -c city --workers 2
      jinbao serve -c city --record traces --record-key recording.key
    """  # noqa: D301 - \b keeps the lines of the examples apart
    found, place = loaded(folder), own_place()
    reload = reload_of(folder, found)
    check_workers(found, workers)
    if place is not None:
        found, port_file, as_json = place.installation(found), None, True
    clock = Clock(place.offset_ms if place else offset_ms(business_date))
    business = begun(found, clock.offset_ms, wall_ns() // _NS_PER_MS) if place is None else ""
    ready = _Ready(found, port_file, business, as_json=as_json)
    watch = _watch(metrics, ready, place.number - 1 if place else 0) if metrics else None
    settings = settings_of(found, is_worker=place is not None)
    log = Log(_log_writer(found.log), clock, settings.limits.log_lines_per_second)
    if workers > 1 and place is None:
        on_postgres(found.ledger_url).close()
        raise typer.Exit(supervise(found, clock.offset_ms, log, ready, workers))
    if record is not None and place is not None:
        record /= f"worker-{place.number}"
    recorder = recording(record, record_key, record_mb, found)
    if recorder is not None:
        recorder.failed = lambda reason: log.alert("recording_failed", {"reason": reason})
    _run(found, _Shell(clock, log, settings, watch, reload, recorder), ready)


class _Shell(NamedTuple):
    """What the shell has of its own."""

    clock: Clock
    log: Log
    settings: Settings
    watch: Watch | None
    reload: Reload
    recorder: Recorder | None


def _run(found: Installation, shell: _Shell, ready: Ready) -> None:
    """Serve until the end; a status that is not 0 ends the process at once."""
    ledger = None if found.ledger_url else _opened(found.ledger, found.fill_ms / _MS_PER_S)
    try:
        engine = make_engine(found.configuration)
        parts = Parts(
            engine=engine,
            ledger=ledger,
            shared=_shared(found.ledger_url) if ledger is None else None,
            stops=Stops(found.stops),
            verbs={} if ledger is None else _verbs(ledger, engine, shell.clock),
            **shell._asdict(),
        )
        ended = run(parts, ready)
    except (OSError, StopsFileError) as error:
        if ledger is not None:
            ledger.close()
        stop(str(error))
    finally:
        end_recording(shell.recorder)
    if ended.status:
        note(f"stopped: {ended.reason}")
        # Nothing may be written any more after a failure: the next start recovers.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ended.status)
    if ledger is not None:
        ledger.close()


def _verbs(ledger: SqliteLedger, engine: Engine, clock: Clock) -> dict[str, Verb]:
    """Return the verbs of the control socket that write to the ledger."""

    def now_ms() -> int:
        return clock.now().utc_ms

    payouts = payout_verb(ledger, lambda: engine.configuration, now_ms)
    return {**control_verbs(ledger, now_ms), **bill_verb(ledger), **payouts}


def _shared(url: str) -> SharedLedger:
    """Return the ledger on PostgreSQL for this process; status 2 where it cannot be used."""
    on_postgres(url).close()
    return on_demand.postgres_store()(url)


def settings_of(found: Installation, *, is_worker: bool = False) -> Settings:
    """Return what the shell is told of an installation."""
    configuration = found.configuration
    return Settings(
        listen=tuple(ListenAddress(*address) for address in found.listen),
        terminal_frames=Family(configuration.terminal_dialects).frame,
        link_frames=configuration.issuer_dialect.frame,
        links=tuple(
            LinkAddress(name, host, port) for name, (host, port) in found.link_addresses.items()
        ),
        limits=Limits(**found.connection_limits),
        control=found.control,
        commit_in_thread=found.commit_in_thread,
        is_worker=is_worker,
        fixed_keys=found.fixed_keys,
        known_dialects=tuple(load_dialect(name) for name in packaged_names()),
    )


class _Ready:
    """Tells, once, where the switch can be reached."""

    def __init__(
        self, found: Installation, port_file: Path | None, business: str, *, as_json: bool
    ) -> None:
        self._control = str(found.control)
        self._accesses = [address.access for address in found.listen]
        self._port_file = port_file
        self._as_json = as_json
        self._business = business
        self.metrics = ""

    def __call__(self, addresses: list[tuple[str, int]]) -> None:
        shown = [f"{host}:{port}" for host, port in addresses]
        named = [
            f"{at} ({access})" if access else at
            for at, access in zip(shown, self._accesses, strict=True)
        ]
        if self._port_file is not None:
            # Renamed into place: whoever waits for the file never reads half of it.
            fresh = self._port_file.with_name(f"{self._port_file.name}.new")
            fresh.write_text("".join(f"{port}\n" for _, port in addresses), encoding="ascii")
            fresh.replace(self._port_file)
        if self._as_json:
            line = {
                "terminals": shown,
                "access": self._accesses,
                "control": self._control,
                "metrics": self.metrics or None,
                "business_date": self._business or None,
            }
            say(msgspec.json.encode(line).decode())
            return
        text = f"ready: terminals at {', '.join(named)}; control socket {self._control}"
        text += f"; metrics at {self.metrics}" if self.metrics else ""
        say(f"{text}; business date {self._business}" if self._business else text)


def _watch(address: str, ready: _Ready, worker: int) -> Watch:
    """Return what answers scrapes at `address`; its port is told with the ready line.

    Each worker has a port of its own, the next of the one before it.
    """
    serve_metrics = on_demand.serve_metrics()
    try:
        host, port = split_address(address)
    except ValueError as error:
        stop(f"--metrics {error}")
    port += worker if port else 0

    def watch(counters: Counters, gauges: Gauges) -> Callable[[], None]:
        bound, end = serve_metrics((host, port), counters, gauges)
        ready.metrics = f"{host}:{bound}"
        return end

    return watch


def _opened(path: Path, fill_every_s: float) -> SqliteLedger:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return SqliteLedger(path, fill_every_s=fill_every_s)
    except LedgerOpenError as error:
        stop(f"{path}: {error}")


def _log_writer(path: Path | None) -> Callable[[bytes], object]:
    """Return what writes one line, whole, to standard error or to the end of a file."""
    handle = _STANDARD_ERROR
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            stop(f"{path}: {error.strerror}")
    return lambda line: os.write(handle, line)
