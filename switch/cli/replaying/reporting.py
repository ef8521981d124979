"""What a comparison found, told (switch/cli): a table, JSON, a page, JUnit.

The exit status is the verdict's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from simulators.replay.trace.figures import QUANTILES
from simulators.replay.trace.form import TraceError
from simulators.replay.trace.writing import try_place, whole_file
from simulators.replay.verdict.telling import Told, groups_of, junit_cases, page, plain
from switch.cli.drawing import drawn, table
from switch.cli.drawing import plain as cell
from switch.cli.outcome import BAD, say, stop

RulesFile = Annotated[
    str, typer.Option("--rules", metavar="FILE", help="What is put for what; what may differ.")
]
IntoPage = Annotated[str, typer.Option("--html", metavar="FILE", help="Write a page there.")]
IntoJunit = Annotated[str, typer.Option("--junit", metavar="FILE", help="Write JUnit XML there.")]


def check_places(*paths: str) -> None:
    """Raise TraceError where a report cannot be written: better before a run than after it."""
    for path in paths:
        if path and not Path(path).parent.is_dir():
            raise TraceError(f"{path}: no such folder")
        if path:
            try_place(path)
        if path and Path(path).is_dir():
            raise TraceError(f"{path}: is a folder")


def write_reports(told: Told, html: str, junit_file: str) -> None:
    """Write the files that are asked for; TraceError where one cannot be written."""
    for path, made in ((html, page), (junit_file, junit_cases)):
        if path:
            with whole_file(path) as stream:
                stream.write(made(told).encode("utf-8"))


def tell(told: Told, html: str, junit_file: str, *, as_json: bool) -> None:
    """Say what was found, then write the files that are asked for.

    Status 1 where something differs without a reason, 2 where nothing could be compared;
    TraceError where a file cannot be written: what was found is said by then.
    """
    say(msgspec.json.encode(plain(told)).decode() if as_json else _table(told))
    write_reports(told, html, junit_file)
    if not told.compared:
        stop("nothing could be compared")
    if not told.is_good:
        raise typer.Exit(BAD)


def _table(told: Told) -> str:
    made = table("request", "field", *told.names, "count", "why")
    for each, _ in groups_of(told):
        why = each.tolerated or "unexplained"
        cells = (each.kind, each.field, each.recorded, each.answered, str(each.count), why)
        made.add_row(*map(cell, cells))
    sent = f"{told.sent} sent, " if told.sent else ""
    lines = [f"{sent}{told.compared} compared, {told.equal} alike"]
    lines += [f"left out {count}: {why}" for why, count in told.left_out.items()]
    spreads = (told.comparer.recorded, told.comparer.answered)
    for name, spread in zip(told.names, spreads, strict=True):
        quantiles = [
            f"p{share * 100:g} {spread.quantile_us(share) / 1000:.1f} ms" for share in QUANTILES
        ]
        lines.append(f"{name}: {', '.join(quantiles)}")
    if told.compared > told.equal:
        lines.append(drawn(made))
    lines += [told.ungrouped] if told.ungrouped else []
    lines.append(told.verdict)
    return "\n".join(lines)
