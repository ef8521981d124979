"""A registry in a folder of defaults, as a person would bring it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec

from switch.cli.registering.keeping import kept
from switch.cli.registering.storing import editing, place_of
from switch.config.installation import Installation, load
from switch.config.registry.changes import Change, Changes, Place, change_to
from switch.config.registry.fields import Row
from switch.config.registry.history import read_history
from switch.config.registry.tables import read_rows

TOLD = ("2014-06-18T09:30:00+08:00", "wang", "the start")
_REHEARSED: Final = "rehearsed.jsonl"
"""Has the changes of tests that ask nothing of a database: one takes a quarter of a second."""


def bring_in(
    folder: Path, rows: Mapping[str, Sequence[Row]], told: tuple[str, str, str] = TOLD
) -> Change:
    """Write a change of these rows, unchecked."""
    with editing(folder) as changes:
        change = change_to(changes, rows, {}, told)
        changes.append(change)
    return change


def installed(folder: Path) -> Installation:
    """Return what a folder describes together with its registry."""
    return load(folder, kept)


def rehearse(folder: Path, rows: Mapping[str, Sequence[Row]]) -> None:
    """Make a change of these rows, unchecked and without a database, for `rehearsed`."""
    path = folder / _REHEARSED
    path.touch()
    change = change_to(read_history(path, is_own=True), rows, {}, TOLD)
    with path.open("ab") as file:
        file.write(msgspec.json.encode(change) + b"\n")


def rehearsed(folder: Path) -> Installation:
    """Return what a folder describes together with what was rehearsed."""
    return load(folder, _read)


def _read(place: Place) -> Changes:
    return read_history(place.folder / _REHEARSED, is_own=True)


def history(folder: Path) -> Changes:
    """Return all that is kept of a folder's registry."""
    found = kept(place_of(folder))
    assert found is not None
    return found


def first_rows() -> Mapping[str, Sequence[Row]]:
    """Return the rows that a new installation can begin with."""
    defaults = resources.files("specs") / "defaults" / "first-registry.toml"
    with resources.as_file(defaults) as path:
        return read_rows(path, "").of
