"""`jinbao registry adopt` (switch/cli): what the files have becomes rows of the registry.

First one change, then the files without it. In between, whatever happens, the folder is refused
with words that name this verb, and running it again finishes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from switch.cli.outcome import say, stop
from switch.cli.registering.editing import Edit, vault_of, written
from switch.cli.registering.storing import editing
from switch.cli.registering.telling import By, WhyChanged, changed, check_told, refused
from switch.cli.serving.folder import Folder
from switch.config.faults import ConfigurationError, Fault
from switch.config.reading import Sources
from switch.config.registry.changes import Changes
from switch.config.sections.cards import concealed
from switch.config.sections.cutting import cut
from switch.config.sections.entries import rows_of, source_of
from switch.config.sections.rows import FILE_OF, SECTIONS

_KINDS: Final = ", ".join(SECTIONS)


def adopt(
    kinds: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KIND...]", help=f"Some of {_KINDS}; all if not given."),
    ] = None,
    *,
    folder: Folder,
    by: By,
    why: WhyChanged,
) -> None:
    """Bring tables of the installation's files into the registry, and take them out of the files.

    Nothing else changes: the switch decides as it did. Interrupted, it is run again and finishes.

    \b
    Examples:
      jinbao registry adopt --by wang --why "one history for all" -c city
      jinbao registry adopt terminal --by wang --why "many of them" -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    for kind in kinds or ():
        if kind not in SECTIONS:
            stop(f"{kind} is no section of the files; there are {_KINDS}")
    if not folder.is_dir():
        stop(f"there is no folder {folder}")
    check_told(by, why)
    try:
        _adopt(folder, kinds or [*SECTIONS], Edit(by, why))
    except ConfigurationError as error:
        refused(error)


class _File(NamedTuple):
    """A file as it is, the kinds that are taken out of it, and what is left."""

    path: Path
    text: str
    kinds: list[str]
    left: str


def _adopt(folder: Path, asked: Sequence[str], edit: Edit) -> None:
    with editing(folder) as changes:
        sources = Sources(folder)
        if sources.faults:
            raise ConfigurationError(sources.faults)
        edit.rows = concealed(rows_of(sources, asked), lambda: vault_of(folder))
        edit.taken = frozenset(edit.rows)
        edit.files = {kind: source_of(sources, kind).name for kind in edit.rows}
        edit.lines = {
            (kind, row.key): source_of(sources, kind).line(kind, index)
            for kind, rows in edit.rows.items()
            for index, row in enumerate(rows)
        }
        files = [*_files(folder, [*edit.rows])]
        _check_not_otherwise(edit, changes)
        changed(written(folder, edit, changes))
        for file in files:
            _take_out(file)


def _files(folder: Path, kinds: Sequence[str]) -> Iterator[_File]:
    """Yield what will be left of each file; ConfigurationError where it cannot be said."""
    for name in dict.fromkeys(FILE_OF[kind] for kind in kinds):
        path = folder / f"{name}.toml"
        own = [kind for kind in kinds if FILE_OF[kind] == name]
        text = path.read_bytes().decode("utf-8")
        try:
            yield _File(path, text, own, cut(text, own))
        except ValueError as error:
            raise ConfigurationError([Fault(str(path), 0, ", ".join(own), str(error))]) from None


def _check_not_otherwise(edit: Edit, changes: Changes) -> None:
    """Refuse a table that the registry has as another: which is right is not guessed."""
    reason = "is another in the registry: let this one be as `jinbao registry show` has it"
    faults = [
        Fault(edit.files[kind], edit.lines[kind, row.key], f"{kind}.{row.key}", reason)
        for kind, rows in edit.rows.items()
        for row in rows
        if changes.state[kind].get(row.key, row) != row
    ]
    if faults:
        raise ConfigurationError(faults)


def _take_out(file: _File) -> None:
    """Write what is left of a file in one step, if it is still what was adopted."""
    if file.path.read_bytes().decode("utf-8") != file.text:
        stop(f"{file.path} was changed meanwhile: run `jinbao registry adopt` again")
    fresh = file.path.with_suffix(".toml.new")
    with fresh.open("wb") as stream:
        stream.write(file.left.encode("utf-8"))
        stream.flush()
        os.fsync(stream.fileno())
    shutil.copymode(file.path, fresh)
    fresh.replace(file.path)
    say(f"{file.path.name}: without {', '.join(file.kinds)}")
