"""`jinbao registry adopt` (switch/cli): what the files have becomes rows of the registry.

First one change, then the files without it. In between, whatever happens, the folder is refused
with words that name this verb, and running it again finishes.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from switch.cli.outcome import say, stop
from switch.cli.registering.editing import Edit, vault_of, written
from switch.cli.registering.storing import editing
from switch.cli.registering.telling import By, WhyChanged, changed, check_told, refused
from switch.cli.serving.folder import Folder, put_in_place
from switch.config.faults import ConfigurationError, Fault
from switch.config.reading import Sources
from switch.config.registry.changes import Change, Changes
from switch.config.registry.fields import Row
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
    """A file, what it said when it was read, the kinds that go, and what is left, written beside.

    `path` is where the file is, whatever links lead there.
    """

    path: Path
    text: bytes
    kinds: list[str]
    fresh: Path


def _adopt(folder: Path, asked: Sequence[str], edit: Edit) -> None:
    texts = {name: _text(folder / f"{name}.toml") for name in dict.fromkeys(FILE_OF.values())}
    with editing(folder) as changes:
        sources = Sources(folder)
        if sources.faults:
            raise ConfigurationError(sources.faults)
        edit.rows = rows_of(sources, asked)
        edit.taken = frozenset(edit.rows)
        edit.files = {kind: source_of(sources, kind).name for kind in edit.rows}
        edit.lines = {
            (kind, row.key): source_of(sources, kind).line(kind, index)
            for kind, rows in edit.rows.items()
            for index, row in enumerate(rows)
        }
        _check_not_otherwise(edit, concealed(edit.rows, lambda: vault_of(folder)), changes)
        files: list[_File] = []
        try:
            for name in dict.fromkeys(FILE_OF[kind] for kind in edit.rows):
                kinds = [kind for kind in edit.rows if FILE_OF[kind] == name]
                files.append(_beside(folder / f"{name}.toml", texts[name], kinds))
            _say_what_became(written(folder, edit, changes))
            for file in files:
                _take_out(file)
        finally:
            for file in files:
                file.fresh.unlink(missing_ok=True)


def _text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        stop(f"{path}: {error.strerror}")


def _say_what_became(change: Change | None) -> None:
    if change is None:
        say("the registry has all of it already")
    else:
        changed(change)


def _beside(path: Path, text: bytes, kinds: list[str]) -> _File:
    """Write what will be left of a file beside it, as its owner's and with its mode.

    ConfigurationError where it cannot be said; status 2 where it cannot be written.
    """
    try:
        left = cut(text.decode("utf-8"), kinds).encode("utf-8")
    except ValueError as error:
        raise ConfigurationError([Fault(str(path), 0, ", ".join(kinds), str(error))]) from None
    there = path.resolve()
    fresh = there.with_suffix(".toml.new")
    try:
        fresh.unlink(missing_ok=True)
        status = there.stat()
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            if (os.geteuid(), os.getegid()) != (status.st_uid, status.st_gid):
                os.fchown(handle, status.st_uid, status.st_gid)
            os.fchmod(handle, stat.S_IMODE(status.st_mode))
            stream.write(left)
            stream.flush()
            os.fsync(handle)
    except OSError as error:
        stop(f"{fresh} cannot be written ({error.strerror}); nothing is changed")
    return _File(there, text, kinds, fresh)


def _check_not_otherwise(edit: Edit, rows: Mapping[str, Sequence[Row]], changes: Changes) -> None:
    """Refuse a table that the registry has as another: which is right is not guessed."""
    reason = "is another in the registry: let this one be as `jinbao registry show` has it"
    faults = [
        Fault(edit.files[kind], edit.lines[kind, row.key], f"{kind}.{row.key}", reason)
        for kind, each in rows.items()
        for row in each
        if changes.state[kind].get(row.key, row) != row
    ]
    if faults:
        raise ConfigurationError(faults)


def _take_out(file: _File) -> None:
    """Put what is left of a file in its place, if it still says what was adopted."""
    recorded = "the registry has its tables now: run `jinbao registry adopt` again"
    try:
        if file.path.read_bytes() != file.text:
            stop(f"{file.path} was changed meanwhile; {recorded}")
        put_in_place(file.fresh, file.path)
    except OSError as error:
        stop(f"{file.path} could not be written ({error.strerror}); {recorded}")
    say(f"{file.path.name}: without {', '.join(file.kinds)}")
