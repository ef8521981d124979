"""`jinbao registry restore` (switch/cli): a history of changes comes into an empty registry, whole.

It is the registry of before, which a folder had in a file, or what another installation showed
with `jinbao registry show --history`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import astuple

from switch.cli.outcome import say, stop
from switch.cli.registering.editing import faults_of
from switch.cli.registering.keeping import check_moved
from switch.cli.registering.storing import add, place_of, writing
from switch.cli.serving.folder import Folder, put_in_place
from switch.config.faults import ConfigurationError
from switch.config.registry.changes import Changes, Told, told_of
from switch.config.registry.fields import KEPT
from switch.config.registry.history import OLD, read_history
from switch.config.registry.kinds import KINDS

MOVED = ".moved"
"""What the name of a file ends with that is in the database."""


def restore(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A history; else the folder's own of before."),
    ] = None,
    *,
    folder: Folder,
) -> None:
    """Bring a history of changes into an empty registry: all of it, or nothing.

    Each keeps its number, its day, who and why. A file `registry/changes.jsonl`, which folders
    had before, is brought in without FILE, and is put aside as `changes.jsonl.moved`. Status 2
    where a line is wrong, with its number, or where the registry has other changes already.

    \b
    Examples:
      jinbao registry restore -c city
      jinbao registry restore history.jsonl -c other
    """  # noqa: D301 - \b keeps the lines of the examples apart
    place, own = place_of(folder), folder / OLD
    path = file or own
    is_own = path.resolve() == own.resolve()
    if is_own:
        _check_aside(own)
    try:
        history = read_history(path, is_own=is_own)
        if not is_own:
            # Nothing could bring the folder's own in afterwards.
            check_moved(folder)
            _check_fit(folder, history)
    except ConfigurationError as error:
        stop(f"refused, and nothing is changed\n{error}")
    told = [told_of(change) for change in history.changes]
    if not told:
        stop(f"{path} holds no change")
    with writing(place) as store:
        there: list[Told] = [astuple(entry) for entry in store.entries()]
        if not there:
            add(store, told)
        elif there[: len(told)] != told:
            stop(
                f"{place.name} has {len(there)} changes already, and they are not those of {path}:"
                " only an empty registry can be restored; nothing is changed"
            )
    if is_own:
        _put_aside(own)
    moved = f"; {own} is now {own.name}{MOVED}" if is_own else ""
    say(f"{place.name}: {len(told)} changes {'were there' if there else 'restored'}{moved}")


def _check_fit(folder: Path, history: Changes) -> None:
    """Refuse what does not fit the folder: the file may be of another installation."""
    if faults_of(folder, history.state, history.place, {}):
        faults = faults_of(folder, history.state, history.place, _lines(history))
        raise ConfigurationError(faults)


def _lines(history: Changes) -> dict[tuple[str, str], int]:
    """Return the line that made each row what it is at last."""
    return {
        (kind, KINDS[kind].model_validate(row, context=KEPT).key): change.number
        for change in history.changes
        for kind, rows in change.rows.items()
        for row in rows
    }


def _aside(own: Path) -> Path:
    return own.with_name(own.name + MOVED)


def _check_aside(own: Path) -> None:
    if not own.exists():
        stop(f"{own} is not there: name the FILE that holds a history")
    if _aside(own).exists():
        stop(f"{_aside(own)} is there already: move it away first; nothing is changed")


def _put_aside(own: Path) -> None:
    """Rename the file, for good, so that nobody takes it for the registry."""
    put_in_place(own, _aside(own))
