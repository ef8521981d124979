"""Changes (switch/config/registry): every change of the registry, for ever, in order.

Each has its number, when, who, why, what rows became and which went; the registry is what all of
them lead to. Where they are kept is not known here: whoever loads a folder says what reads them.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from pydantic import ValidationError

from switch.config.faults import ConfigurationError, Fault, reason_of, shown
from switch.config.registry.fields import KEPT, Row, plain
from switch.config.registry.kinds import KINDS, State

FOLDER: Final = "registry"
FILE: Final = "changes.jsonl"


class Place(NamedTuple):
    """Where an installation has its registry: its folder, and its ledger as a file or a URL."""

    folder: Path
    ledger: Path
    url: str = ""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change, and one line of a history."""

    number: int
    at: str
    by: str
    why: str
    rows: dict[str, list[dict[str, Any]]] = {}
    removed: dict[str, list[str]] = {}


class Changes:
    """What a file of changes says."""

    __slots__ = ("changes", "path", "state")

    def __init__(self, path: Path) -> None:
        """Read it; ConfigurationError with every line that is wrong."""
        self.path = path
        self.changes: list[Change] = []
        self.state: State = {kind: {} for kind in KINDS}
        faults: list[Fault] = []
        for number, line in enumerate(_whole_lines(path), 1):
            try:
                change = msgspec.json.decode(line, type=Change)
                if change.number != number:
                    raise ValueError(f"is change {change.number}, not {number}")  # noqa: TRY301
                apply(self.state, change)
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                key = shown(first["loc"])
                faults.append(Fault(str(path), number, key, reason_of(first)))
            except ValueError as error:
                faults.append(Fault(str(path), number, "", str(error)))
            else:
                self.changes.append(change)
        if faults:
            raise ConfigurationError(faults)

    @property
    def number(self) -> int:
        """The number of the last change, 0 where there is none."""
        return len(self.changes)

    def append(self, change: Change) -> None:
        """Write one more change, whole or not at all; it is on the disk afterwards."""
        line = msgspec.json.encode(change) + b"\n"
        with self.path.open("r+b") as file:
            file.seek(sum(len(each) + 1 for each in _whole_lines(self.path)))
            file.truncate()
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        apply(self.state, change)
        self.changes.append(change)


ReadChanges = Callable[[Place], Changes | None]
"""Returns what is kept in a place, None where there is no registry; ConfigurationError."""


def no_changes(_: Place) -> None:
    """Read nothing: an installation is taken as its files are, without a registry."""


def apply(state: State, change: Change) -> None:
    """Put a change into a state; ValueError for a kind that is none."""
    for kind, keys in change.removed.items():
        for key in keys:
            _table(state, kind).pop(key, None)
    for kind, rows in change.rows.items():
        table = _table(state, kind)
        for each in rows:
            row = KINDS[kind].model_validate(each, context=KEPT)
            table[row.key] = row


def state_of(changes: Iterable[Change]) -> State:
    """Return what changes lead to, from the first on."""
    state: State = {kind: {} for kind in KINDS}
    for change in changes:
        apply(state, change)
    return state


def _table(state: State, kind: str) -> dict[str, Row]:
    if kind not in state:
        raise ValueError(f"there is no kind {kind}")
    return state[kind]


def change_to(
    before: Changes,
    rows: Mapping[str, Sequence[Row]],
    removed: Mapping[str, list[str]],
    told: tuple[str, str, str],
) -> Change:
    """Return the change that brings `rows` and takes `removed`; `told` is when, who and why.

    Rows that are there already as they are, are left out.
    """
    at, by, why = told
    new = {
        kind: [plain(row) for row in each if before.state[kind].get(row.key) != row]
        for kind, each in rows.items()
    }
    return Change(
        number=before.number + 1,
        at=at,
        by=by,
        why=why,
        rows={kind: each for kind, each in new.items() if each},
        removed={kind: each for kind, each in removed.items() if each},
    )


def path_in(folder: Path) -> Path:
    """Return where the changes of an installation are."""
    return folder / FOLDER / FILE


@contextmanager
def editing(folder: Path) -> Iterator[Changes]:
    """Hold the file alone, so that two people cannot both write the next change."""
    path = path_in(folder)
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield Changes(path)


def _whole_lines(path: Path) -> list[bytes]:
    """Return the lines that were written to their end."""
    return path.read_bytes().split(b"\n")[:-1]
