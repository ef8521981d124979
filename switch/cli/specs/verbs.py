"""`jinbao specs` (switch/cli): which dialects there are, what one says, whether a file is good.

A file is checked as the switch would load it, and a mistake has its line and key.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from messages.dialects.dialect import Dialect
from messages.dialects.loader import SpecError, flatten, load_dialect, packaged_names, resolve
from switch.cli import load
from switch.cli.outcome import BAD, say, stop
from switch.cli.specs.samples import show_samples
from switch.cli.verbs import verb_app

app = verb_app("Dialects as data: list, show, check and compare them; sample messages.")
Name = Annotated[str, typer.Argument(metavar="NAME|FILE", help="A dialect, or a .toml file.")]


@app.command("list")
def list_dialects(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List the dialects that come with the program.

    \b
    Example:
      jinbao specs list
    """  # noqa: D301 - \b keeps the lines of the examples apart
    dialects = [_loaded(name) for name in packaged_names()]
    if as_json:
        for dialect in dialects:
            say(msgspec.json.encode(_summary(dialect)).decode())
    else:
        say(load.dialect_list()(dialects))


@app.command()
def show(
    name: Name,
    as_json: Annotated[bool, typer.Option("--json", help="All of it, in one object.")] = False,
) -> None:
    """Show a dialect: frame, fields, layouts, transactions, codes.

    \b
    Examples:
      jinbao specs show pos
      jinbao specs show composite --json
    """  # noqa: D301 - \b keeps the lines of the examples apart
    dialect = _loaded(name)
    if as_json:
        say(msgspec.json.encode(resolve(name)[0]).decode())
    else:
        say(load.dialect_table()(dialect))


@app.command()
def check(
    file: Annotated[str, typer.Argument(metavar="FILE|NAME", help="A .toml file, or a dialect.")],
) -> None:
    """Check a dialect file; status 1 if it is wrong.

    A mistake is told with its file, line and key.

    \b
    Example:
      jinbao specs check my-bank.toml
    """  # noqa: D301 - \b keeps the lines of the examples apart
    packaged = file in packaged_names()
    if not packaged and not Path(file).is_file():
        stop(f"no such file: {file}")
    try:
        # What has neither a slash nor `.toml` in it would be taken for the name of a dialect.
        dialect = load_dialect(file if packaged or "/" in file else f"./{file}")
    except SpecError as error:
        say(str(error))
        raise typer.Exit(BAD) from None
    counts = _summary(dialect)
    say(f"{file}: good ({counts['fields']} fields, {counts['transactions']} transactions)")


@app.command()
def diff(one: Name, other: Name) -> None:
    """Compare two dialects, key by key; status 1 if they differ.

    \b
    Example:
      jinbao specs diff pos composite
    """  # noqa: D301 - \b keeps the lines of the examples apart
    left, right = (dict(flatten(_resolved(name))) for name in (one, other))
    different = False
    for key in sorted(left.keys() | right.keys()):
        if left.get(key) == right.get(key):
            continue
        different = True
        if key in left:
            say(f"- {key} = {_toml(left[key])}")
        if key in right:
            say(f"+ {key} = {_toml(right[key])}")
    if different:
        raise typer.Exit(BAD)


app.command("samples")(show_samples)


def _toml(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _summary(dialect: Dialect) -> dict[str, object]:
    return {
        "name": dialect.name,
        "title": [dialect.title.en, dialect.title.zh],
        "extends": dialect.lineage[1] if len(dialect.lineage) > 1 else None,
        "fields": sum(field is not None for field in dialect.fields),
        "transactions": len(dialect.transactions),
    }


def _loaded(name: str) -> Dialect:
    try:
        return load_dialect(name)
    except SpecError as error:
        stop(str(error))


def _resolved(name: str) -> dict[str, object]:
    _loaded(name)
    return resolve(name)[0]
