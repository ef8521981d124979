"""A registry in a folder of defaults, as a person would bring it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

from switch.cli.registering.storing import kept
from switch.config.installation import Installation, load
from switch.config.registry.changes import Change, change_to, editing
from switch.config.registry.fields import Row
from switch.config.registry.tables import read_rows

TOLD = ("2014-06-18T09:30:00+08:00", "wang", "the start")


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


def first_rows() -> Mapping[str, Sequence[Row]]:
    """Return the rows that a new installation can begin with."""
    defaults = resources.files("specs") / "defaults" / "first-registry.toml"
    with resources.as_file(defaults) as path:
        return read_rows(path, "").of
