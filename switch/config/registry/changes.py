"""Changes (switch/config/registry): every change of the registry, for ever, in order.

Each has its number, when, who, why, what rows became and which went; the registry is what all of
them lead to. Where they are kept is not known here: whoever loads a folder says what reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from pydantic import ValidationError

from switch.config.faults import ConfigurationError, Fault, reason_of, shown
from switch.config.registry.fields import KEPT, Row, plain
from switch.config.registry.kinds import KINDS, State


class Place(NamedTuple):
    """Where an installation has its registry: its folder, and its ledger as a file or a URL."""

    folder: Path
    ledger: Path
    url: str = ""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.url or str(self.ledger)


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One change, and one line of a history."""

    number: int
    at: str
    by: str
    why: str
    rows: dict[str, list[dict[str, Any]]] = {}
    removed: dict[str, list[str]] = {}


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    """What a change did, as it is kept beside who, when and why."""

    rows: dict[str, list[dict[str, Any]]] = {}
    removed: dict[str, list[str]] = {}


Told = tuple[int, str, str, str, str]
"""A change as it is kept: number, when, who, why, and what it did in JSON."""


class Changes:
    """All changes so far, and what they lead to."""

    __slots__ = ("_keep", "changes", "place", "state")

    def __init__(self, place: str, keep: Callable[[Told], None] | None = None) -> None:
        """Begin without any; `place` is what people call their store, and `keep` adds one there."""
        self.place = place
        self._keep = keep
        self.changes: list[Change] = []
        self.state: State = {kind: {} for kind in KINDS}

    @property
    def number(self) -> int:
        """The number of the last change, 0 where there is none."""
        return len(self.changes)

    def append(self, change: Change) -> None:
        """Keep one more change, whole or not at all; it is on the disk afterwards."""
        if self._keep is None:
            raise TypeError(f"{self.place} is only read")
        self._keep(told_of(change))
        apply(self.state, change)
        self.changes.append(change)

    def take(
        self, number: int, decode: Callable[[], Change], rules: str | None = KEPT
    ) -> tuple[str, str] | None:
        """Add the change of a number; return key and reason of what is wrong with it, if anything.

        Without `rules` its texts are taken only as a new change's would be.
        """
        try:
            change = decode()
            if change.number != number:
                return "", f"is change {change.number}, not {number}"
            apply(self.state, change, rules)
            self.changes.append(change)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            return shown(first["loc"]), reason_of(first)
        except ValueError as error:
            return "", str(error)
        return None


ReadChanges = Callable[[Place], Changes | None]
"""Returns what is kept in a place, None where there is no registry; ConfigurationError."""


def no_changes(_: Place) -> None:
    """Read nothing: an installation is taken as its files are, without a registry."""


def changes_of(
    place: str, told: Iterable[Told], keep: Callable[[Told], None] | None = None
) -> Changes:
    """Return the changes that are kept in a place; ConfigurationError has every wrong one."""
    found, faults = Changes(place, keep), []
    for expected, each in enumerate(told, 1):
        if wrong := found.take(expected, partial(_change, each)):
            faults.append(Fault(place, 0, f"change {expected}", ": ".join(filter(None, wrong))))
    if faults:
        raise ConfigurationError(faults)
    return found


def _change(told: Told) -> Change:
    number, at, by, why, body = told
    did = msgspec.json.decode(body, type=_Body)
    return Change(number=number, at=at, by=by, why=why, rows=did.rows, removed=did.removed)


def told_of(change: Change) -> Told:
    """Return a change as it is kept."""
    body = msgspec.json.encode(_Body(change.rows, change.removed)).decode()
    return change.number, change.at, change.by, change.why, body


def apply(state: State, change: Change, rules: str | None = KEPT) -> None:
    """Put a change into a state; ValueError for a kind that is none, and for a wrong row."""
    for kind, keys in change.removed.items():
        for key in keys:
            _table(state, kind).pop(key, None)
    for kind, rows in change.rows.items():
        table = _table(state, kind)
        for each in rows:
            row = KINDS[kind].model_validate(each, context=rules)
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
