"""`jinbao registry adopt` (switch/cli): what the files have becomes rows of the registry.

First one change, then the files without it. In between, whatever happens, the folder is refused
with words that name this verb, and running it again finishes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer
from pydantic import ValidationError

from switch.cli.outcome import say, stop
from switch.cli.registering.editing import Edit, vault_of, written
from switch.cli.registering.telling import By, WhyChanged, changed, check_told, refused
from switch.cli.serving.folder import Folder
from switch.config.faults import ConfigurationError, Fault, reason_of, shown
from switch.config.reading import Source, Sources
from switch.config.registry.changes import Changes, editing
from switch.config.registry.fields import Row
from switch.config.sections.cards import concealed
from switch.config.sections.cutting import cut
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
        given = {kind: _entries(sources, kind) for kind in SECTIONS if kind in asked}
        given = {kind: entries for kind, entries in given.items() if entries}
        files = [*_files(folder, given)]
        edit.rows = _rows(sources, given, folder)
        edit.taken = frozenset(given)
        edit.files = {kind: _source(sources, kind).name for kind in given}
        edit.lines = {
            (kind, row.key): _source(sources, kind).line(kind, index)
            for kind, rows in edit.rows.items()
            for index, row in enumerate(rows)
        }
        _check_not_otherwise(edit, changes)
        changed(written(folder, edit, changes))
        for file in files:
            _take_out(file)


def _source(sources: Sources, kind: str) -> Source[Any]:
    found: Source[Any] = getattr(sources, FILE_OF[kind])
    return found


def _entries(sources: Sources, kind: str) -> Sequence[Any]:
    found: Sequence[Any] = getattr(_source(sources, kind).model, kind)
    return found


def _files(folder: Path, given: Mapping[str, Sequence[Any]]) -> Iterator[_File]:
    """Yield what will be left of each file; ConfigurationError where it cannot be said."""
    for name in dict.fromkeys(FILE_OF[kind] for kind in given):
        path = folder / f"{name}.toml"
        kinds = [kind for kind in given if FILE_OF[kind] == name]
        text = path.read_bytes().decode("utf-8")
        try:
            yield _File(path, text, kinds, cut(text, kinds))
        except ValueError as error:
            raise ConfigurationError([Fault(str(path), 0, ", ".join(kinds), str(error))]) from None


def _rows(
    sources: Sources, given: Mapping[str, Sequence[Any]], folder: Path
) -> Mapping[str, Sequence[Row]]:
    """Return tables as rows; what a history may not keep is a fault of the file."""
    rows: dict[str, list[Row]] = {}
    for kind, entries in given.items():
        source = _source(sources, kind)
        row = SECTIONS[kind]
        source.check_unique(kind, row.KEY[0], map(row.key_of, entries))
        for index, entry in enumerate(entries):
            try:
                rows.setdefault(kind, []).append(row.model_validate(entry.model_dump()))
            except ValidationError as error:
                for each in error.errors(include_url=False, include_input=False):
                    source.fault((kind, index, shown(each["loc"])), reason_of(each))
    if sources.faults:
        raise ConfigurationError(sources.faults)
    return concealed(rows, lambda: vault_of(folder))


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
