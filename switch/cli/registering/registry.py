"""`jinbao registry` (switch/cli): who may do what where, and since when.

Changes go to the ledger's database; a running switch takes them up with `jinbao reload`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from messages.masking import mask_numbers
from switch.cli.outcome import say, stop
from switch.cli.registering.adopting import adopt
from switch.cli.registering.can import can
from switch.cli.registering.editing import Edit, carry_out
from switch.cli.registering.keeping import kept
from switch.cli.registering.restoring import restore
from switch.cli.registering.storing import place_of
from switch.cli.registering.telling import By, WhyChanged, changed, check_told, refused
from switch.cli.serving.folder import Folder
from switch.cli.verbs import verb_app
from switch.config.faults import ConfigurationError
from switch.config.registry.changes import Change, Changes, state_of
from switch.config.registry.fields import NONE_OF, Row, plain
from switch.config.registry.kinds import KINDS, State
from switch.config.registry.tables import read_row, read_rows

_DAY_LENGTH: Final = 10

app = verb_app("The registry: who may do what where, and since when.")

Kind = Annotated[str, typer.Argument(metavar="KIND", help=f"One of {', '.join(KINDS)}.")]

app.command()(can)
app.command()(adopt)
app.command()(restore)


@app.callback()
def registry() -> None:
    """Show and change who may do what where, and since when."""


@app.command("import")
def import_rows(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv file, or a .toml file.")],
    *,
    folder: Folder,
    by: By,
    why: WhyChanged,
    kind: Annotated[
        str, typer.Option(metavar="KIND", help="What a CSV file holds, if its name does not say.")
    ] = "",
) -> None:
    """Bring in rows: all of a file, or nothing of it.

    Rows that are there already are replaced. Status 2 where any row is wrong, with its line.

    \b
    Examples:
      jinbao registry import point.csv --by wang --why "new villages" -c city
      jinbao registry import registry.toml --by wang --why "the start" -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    edit = Edit(by, why)
    try:
        found = read_rows(file, kind)
        edit.rows, edit.file, edit.lines = found.of, found.file, found.lines
        changed(_carried_out(folder, edit))
    except ConfigurationError as error:
        refused(error)


@app.command("set")
def set_row(
    kind: Kind,
    fields: Annotated[
        list[str],
        typer.Argument(metavar="FIELD=VALUE...", help="The fields of the row."),
    ],
    *,
    folder: Folder,
    by: By,
    why: WhyChanged,
    whole: Annotated[
        bool, typer.Option("--whole", help="Fields that are not given are empty afterwards.")
    ] = False,
) -> None:
    """Set one row; of one that is there already, fields that are not given stay as they are.

    \b
    Examples:
      jinbao registry set district id=wulong name=Wulong --by li --why "new" -c city
      jinbao registry set terminal id=50010001 dialect=pos --by li --why "new" -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    _known(kind)
    edit = Edit(by, why)
    given = _fields(fields)
    if given.get("settlement_card", "").isdecimal():
        stop("a whole card number comes from a file: `jinbao registry import` takes it")
    edit.file = "the row"

    def made(state: State) -> Mapping[str, Sequence[Row]]:
        before = {} if whole else _kept(state, kind, given)
        return {kind: [read_row(kind, {**before, **given})]}

    edit.made = made
    try:
        changed(_carried_out(folder, edit))
    except ConfigurationError as error:
        refused(error)


@app.command("remove")
def remove_row(
    kind: Kind,
    key: Annotated[str, typer.Argument(metavar="KEY", help="As `jinbao registry show` has it.")],
    *,
    folder: Folder,
    by: By,
    why: WhyChanged,
) -> None:
    """Take one row out; what it was stays in the history.

    \b
    Example:
      jinbao registry remove opening other-cards/all/2014-12-01 --by li --why "withdrawn" -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    _known(kind)
    edit = Edit(by, why)
    edit.removed = {kind: [key]}
    try:
        changed(_carried_out(folder, edit))
    except ConfigurationError as error:
        refused(error)


@app.command("export")
def export(
    kind: Kind,
    *,
    folder: Folder,
    as_toml: Annotated[bool, typer.Option("--toml", help="Write TOML instead of CSV.")] = False,
) -> None:
    """Write all rows of a kind as CSV, or as TOML; `import` reads both.

    \b
    Examples:
      jinbao registry export point -c city > point.csv
      jinbao registry export terminal --toml -c city > terminal.toml
    """  # noqa: D301 - \b keeps the lines of the examples apart
    _known(kind)
    rows = [plain(row) for _, row in sorted(_changes(folder).state[kind].items())]
    if as_toml:
        say("\n".join(["format = 1", *(line for row in rows for line in _table(kind, row))]))
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = list(KINDS[kind].model_fields)
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    say(text.getvalue().rstrip("\n"))


@app.command("show")
def show(
    kind: Annotated[str, typer.Argument(metavar="[KIND]", help="Only this kind.")] = "",
    *,
    folder: Folder,
    history: Annotated[
        bool, typer.Option("--history", help="Every change: when, who, why and what.")
    ] = False,
    on: Annotated[
        str, typer.Option(metavar="DAY", help="As they were recorded at the end of this day.")
    ] = "",
) -> None:
    """Show the rows, one JSON object a line: kind, key and fields.

    \b
    Examples:
      jinbao registry show point -c city
      jinbao registry show --history -c city
      jinbao registry show terminal --on 2014-06-18 -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if kind:
        _known(kind)
    changes = _changes(folder)
    upto = _recorded(changes.changes, on)
    if history:
        for change in upto:
            if not kind or kind in change.rows or kind in change.removed:
                _say(msgspec.to_builtins(change))
        return
    state = state_of(upto) if on else changes.state
    for name in [kind] if kind else KINDS:
        for key, row in sorted(state[name].items()):
            _say({"kind": name, "key": key, **plain(row)})


def _carried_out(folder: Path, edit: Edit) -> Change | None:
    check_told(edit.by, edit.why)
    return carry_out(folder, edit)


def _changes(folder: Path) -> Changes:
    try:
        changes = kept(place_of(folder))
    except ConfigurationError as error:
        stop(str(error))
    if changes is None:
        stop(f"{folder} has no registry: `jinbao registry import` makes one")
    return changes


def _known(kind: str) -> None:
    if kind not in KINDS:
        stop(f"there is no kind {mask_numbers(kind)}; there are {', '.join(KINDS)}")


def _fields(texts: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        shown = mask_numbers(name)
        if not equals:
            stop(f"{shown!r} should be FIELD=VALUE")
        if name in found:
            stop(f"the field {shown} is given twice")
        found[name] = value
    return found


def _kept(state: State, kind: str, given: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the fields of the row that has the key of what is given, none where there is none."""
    key = "/".join(given.get(name, "") for name in KINDS[kind].KEY)
    row = state[kind].get(key)
    return {} if row is None else plain(row)


def _recorded(changes: Sequence[Change], on: str) -> Sequence[Change]:
    """Return the changes that were recorded by the end of a day, all without one."""
    if not on:
        return changes
    try:
        day = date.fromisoformat(on).isoformat() if len(on) == _DAY_LENGTH else ""
    except ValueError:
        day = ""
    if not day:
        stop("--on should be a day like 2014-06-18")
    # A clock that was set back takes no change out of the middle: what is later builds on it.
    until = [place for place, change in enumerate(changes, 1) if change.at[:_DAY_LENGTH] <= day]
    return changes[: until[-1] if until else 0]


def _table(kind: str, row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a row as a table of TOML, whose texts are those of JSON."""
    yield f"\n[[{kind}]]"
    for name, value in row.items():
        yield f"{name} = {msgspec.json.encode(value).decode()}"


def _cell(value: object) -> str:
    if isinstance(value, list):
        return " ".join(str(each) for each in value) or NONE_OF
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _say(told: dict[str, Any]) -> None:
    say(msgspec.json.encode(told).decode())
