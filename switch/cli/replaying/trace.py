"""`jinbao trace` (switch/cli): captures and logs made traces, and traces looked into.

What is wrong with an input ends a verb with status 2 and one sentence; nothing is left half
written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from simulators.replay.capture.export import Exporter
from simulators.replay.capture.importing import Importer
from simulators.replay.capture.logs import LogImporter
from simulators.replay.capture.through import beyond, is_there, through
from simulators.replay.trace.choosing import (
    Wanted,
    Where,
    cut,
    find,
    keeps,
    merge,
    zone_of,
)
from simulators.replay.trace.figures import Figures
from simulators.replay.trace.form import Frame
from simulators.replay.trace.making import Maker
from simulators.replay.trace.reading import Trace
from simulators.replay.trace.writing import whole_file, write_trace
from switch.cli.outcome import BAD, note, say, stop
from switch.cli.replaying.asking import (
    Into,
    OwnDialect,
    OwnIssuerDialect,
    Source,
    dialects_in,
    dialects_of,
    told_errors,
)
from switch.cli.replaying.comparing import compared
from switch.cli.replaying.learning import to_scenario
from switch.cli.replaying.recording import RecordKey, tokens_of
from switch.cli.replaying.reporting import (
    IntoJunit,
    IntoPage,
    RulesFile,
    check_places,
    tell,
)
from switch.cli.replaying.telling import (
    exchange_json,
    exchange_table,
    figures_table,
    frame_line,
)
from switch.cli.verbs import AsJson, verb_app

app = verb_app("Make traces of captures and logs, and look into them.")
app.command("to-scenario")(to_scenario)

TerminalDialect = Annotated[
    str,
    typer.Option(
        "--dialect", metavar="NAME|FILE", help="What terminals speak; several with + between."
    ),
]
IssuerDialect = Annotated[
    str, typer.Option("--issuer-dialect", metavar="NAME|FILE", help="The dialect of issuers.")
]


@app.command("import")
def import_(
    capture: Annotated[
        str, typer.Argument(metavar="FILE", help="pcap, pcapng, or a log with --log.")
    ],
    *,
    into: Into,
    log: Annotated[
        bool, typer.Option("--log", help="A log with frames in hexadecimal text.")
    ] = False,
    pattern: Annotated[
        str, typer.Option(help="Its lines, with groups hex, time, connection, to.")
    ] = "",
    tshark: Annotated[
        bool | None,
        typer.Option(
            "--tshark/--no-tshark", help="Have tshark read a capture, or not; else where it must."
        ),
    ] = None,
    dialect: TerminalDialect = "pos+composite",
    issuer_dialect: IssuerDialect = "interbank",
    record_key: RecordKey = "",
) -> None:
    """Make a trace of a capture or a log; card data is replaced on the way.

    \b
    Examples:
      jinbao trace import tuesday.pcap --into tuesday.jsonl --record-key recording.key
      jinbao trace import host.log --log --into host.jsonl
    """  # noqa: D301 - \b keeps the lines of the examples apart
    dialects = dialects_of(dialect, issuer_dialect)
    maker = Maker(dialects, tokens_of(record_key))
    importer: Importer | LogImporter
    importer = Importer(maker, dialects)
    made_by = f"jinbao trace import {Path(capture).name}"
    with told_errors():
        if log:
            importer = LogImporter(maker, dialects, pattern)
        with _frames(importer, capture, tshark=tshark) as frames:
            count = write_trace(
                into,
                maker.header(made_by),
                frames,
                lambda: maker.header(made_by, _remarks(importer)),
            )
    for remark in _remarks(importer):
        note(f"left out: {remark}")
    note(f"{count} frames")


@contextmanager
def _frames(
    importer: Importer | LogImporter, path: str, *, tshark: bool | None
) -> Iterator[Iterator[Frame]]:
    """Yield the frames of a file, read by us where that will do, and by tshark where it must."""
    why = beyond(path) if isinstance(importer, Importer) and tshark is None else ""
    if why and not is_there():
        note(f"{why}; tshark would read more (on Debian: apt-get install tshark)")
    if isinstance(importer, Importer) and (tshark or (why and is_there())):
        if why:
            note(f"tshark reads it ({why})")
        with through(path) as segments:
            yield importer.of_segments(segments, path)
    else:
        with Path(path).open("rb") as stream:
            yield importer.of(stream, path)


def _remarks(importer: Importer | LogImporter) -> tuple[str, ...]:
    return tuple(f"{what}: {count}" for what, count in importer.skipped.most_common(16))


@app.command()
def export(source: Source, *, into: Into) -> None:
    """Make a pcap of a trace, with addresses and ports made up, for an analyser to open.

    \b
    Example:
      jinbao trace export tuesday.jsonl --into tuesday.pcap
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with told_errors():
        trace = Trace(source, note)
        with whole_file(into) as stream:
            count = Exporter(stream).write(trace)
    note(f"{count} frames")


@app.command()
def show(
    source: Source,
    *,
    first: Annotated[int, typer.Option(min=0, help="So many lines at most; 0 is all.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Show every frame in one line.

    \b
    Example:
      jinbao trace show tuesday.jsonl --first 20
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with told_errors():
        trace = Trace(source, note)
        zone = zone_of(trace.header)
        for frame in islice(trace, first or None):
            say(msgspec.json.encode(frame).decode() if as_json else frame_line(frame, zone))


@app.command()
def stats(source: Source, *, as_json: AsJson = False) -> None:
    """Say what is in a trace: kinds of request, answers, waiting times, what is unmatched.

    \b
    Example:
      jinbao trace stats traces
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with told_errors():
        trace = Trace(source, note)
        figures = Figures().of(trace)
        if as_json:
            told = {"header": trace.header, **figures.told()}
            say(msgspec.json.encode(told).decode())
        else:
            say(figures_table(trace.header, figures))


@app.command("find")
def find_(
    source: Source,
    *,
    rrn: Annotated[str, typer.Option(help="DE 37.")] = "",
    stan: Annotated[str, typer.Option(help="DE 11.")] = "",
    card: Annotated[
        str, typer.Option(metavar="6x4", help="First six and last four digits: 621999x0120.")
    ] = "",
    at: Annotated[
        str, typer.Option(metavar="TIME", help="10:04, 10:04:31 or 2014-06-17 10:04.")
    ] = "",
    terminal: Annotated[str, typer.Option(help="DE 41.")] = "",
    as_json: AsJson = False,
) -> None:
    """Find transactions, with the legs of terminal and issuer; status 1 if there is none.

    \b
    Examples:
      jinbao trace find traces --rrn 061809350002
      jinbao trace find traces --card 621999x0120 --at 10:04
    """  # noqa: D301 - \b keeps the lines of the examples apart
    wanted = Wanted(rrn=rrn, stan=stan, card=card, at=at, terminal=terminal)
    if wanted == Wanted():
        stop("say what to look for: --rrn, --stan, --card, --at or --terminal")
    with told_errors():
        trace = Trace(source, note)
        found = list(islice(find(trace, wanted), MOST_FOUND))
        zone = zone_of(trace.header)
    if as_json:
        for exchange in found:
            say(exchange_json(exchange))
    elif found:
        say(exchange_table(found, zone))
    if len(found) == MOST_FOUND:
        note(f"these are the first {MOST_FOUND}")
    if not found:
        note("no such transaction")
        raise typer.Exit(BAD)


@app.command("filter")
def filter_(
    source: Source,
    *,
    into: Into = "-",
    side: Annotated[str, typer.Option(help="terminal or issuer.")] = "",
    connection: Annotated[str, typer.Option(help="Its name in the trace.")] = "",
    mti: Annotated[str, typer.Option(help="The message type.")] = "",
    terminal: Annotated[str, typer.Option(help="DE 41.")] = "",
    code: Annotated[str, typer.Option(help="DE 39.")] = "",
) -> None:
    """Keep the frames that are so.

    \b
    Example:
      jinbao trace filter traces --side terminal --terminal 50010001 --into one.jsonl
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if side not in {"", "terminal", "issuer"}:
        stop("--side should be terminal or issuer")
    where = Where(side=side, connection=connection, mti=mti, terminal=terminal, code=code)
    with told_errors():
        trace = Trace(source, note)
        count = write_trace(into, trace.header, filter(keeps(where), trace))
    note(f"{count} frames")


@app.command("cut")
def cut_(
    source: Source,
    *,
    into: Into = "-",
    since: Annotated[
        str, typer.Option(metavar="TIME", help="From 10:04, or 2014-06-17 10:04, on.")
    ] = "",
    until: Annotated[str, typer.Option(metavar="10:05", help="Up to this time.")] = "",
) -> None:
    """Keep the frames of a time of the day.

    \b
    Example:
      jinbao trace cut traces --since 10:04 --until 10:05 --into minute.jsonl
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with told_errors():
        trace = Trace(source, note)
        frames = cut(trace, since, until, zone_of(trace.header))
        count = write_trace(into, trace.header, frames)
    note(f"{count} frames")


@app.command("merge")
def merge_(
    sources: Annotated[list[str], typer.Argument(metavar="TRACE...", help="Several traces.")],
    *,
    into: Into = "-",
) -> None:
    """Join traces in the order of time.

    \b
    Example:
      jinbao trace merge one.jsonl two.jsonl --into both.jsonl
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with told_errors():
        header, frames = merge([Trace(source, note) for source in sources])
        count = write_trace(into, header, frames)
    note(f"{count} frames")


@app.command()
def diff(
    one: Annotated[str, typer.Argument(metavar="ONE", help="A trace, or a folder of recordings.")],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="What it is compared with.")],
    *,
    rules: RulesFile = "",
    any_stan: Annotated[
        bool, typer.Option("--any-stan", help="Requests are the same whatever their STAN.")
    ] = False,
    dialect: OwnDialect = "",
    issuer_dialect: OwnIssuerDialect = "",
    html: IntoPage = "",
    junit_file: IntoJunit = "",
    as_json: AsJson = False,
) -> None:
    """Compare two traces field by field, requests and answers; status 1 where they differ.

    \b
    Examples:
      jinbao trace diff monday tuesday
      jinbao trace diff recorded again --rules replay.toml --html difference.html
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if "-" in {one, other}:
        stop("two traces are read side by side, so standard input will not do")
    with told_errors():
        check_places(html, junit_file)
        told = compared(one, other, rules, (dialect, issuer_dialect), any_stan=any_stan)
        tell(told, html, junit_file, as_json=as_json)


@app.command()
def anonymise(
    source: Source,
    *,
    into: Into,
    record_key: RecordKey = "",
    dialect: OwnDialect = "",
    issuer_dialect: OwnIssuerDialect = "",
) -> None:
    """Replace the stand-ins of cards by others, under another key or one that is forgotten.

    \b
    Example:
      jinbao trace anonymise traces --into for-the-vendor.jsonl
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with told_errors():
        trace = Trace(source, note)
        dialects = dialects_in(trace.header, dialect, issuer_dialect)
        maker = Maker(dialects, tokens_of(record_key))
        prefixes = {side: each.frame.length_bytes for side, each in dialects.items()}
        made = (_again(maker, frame, prefixes[frame.side]) for frame in trace)
        header = maker.header("jinbao trace anonymise", trace.header.skipped)
        header = msgspec.structs.replace(
            header, time_zone=trace.header.time_zone, dialects=trace.header.dialects
        )
        count = write_trace(into, header, made)
    note(f"{count} frames")


def _again(maker: Maker, frame: Frame, prefix: int) -> Frame:
    made = maker.frame(frame.at_us, frame.connection, frame.side, frame.to, frame.data[prefix:])
    return msgspec.structs.replace(made, note=made.note or frame.note)


MOST_FOUND = 10_000
"""Exchanges that one search tells at most."""
