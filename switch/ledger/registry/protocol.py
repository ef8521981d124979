"""What a store of the registry's changes is (switch/ledger): changes in, all of them out, in order.

What a change means is not known here. Each carries a digest over all before it and itself, so that
a row that was altered by hand is found, and named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

import msgspec

from switch.ledger.protocol import LedgerOpenError

FIRST: Final = b""
"""The digest before the first change."""
COLUMNS: Final = "number, made_at, made_by, reason, body, digest"
CHANGES: Final = f"SELECT {COLUMNS} FROM registry_changes ORDER BY number"  # noqa: S608
"""All of them, for `entries_of`."""
LAST: Final = "SELECT number, digest FROM registry_changes ORDER BY number DESC LIMIT 1"


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """A change: when, by whom and why it was made; `body` is its rows, in JSON."""

    number: int
    at: str
    by: str
    why: str
    body: str


Kept = tuple[int, str, str, str, str, bytes]
"""A change as a row of the table, with its digest."""


class OvertakenError(Exception):
    """Somebody else made the change of this number: read again, and try again."""


class RegistryStore(Protocol):
    """Where changes are kept. Everything may raise LedgerOpenError and LedgerFailed."""

    def entries(self, *, is_checked: bool = True) -> list[Entry]:
        """Return all changes in order, also those that are not as they were written if asked."""

    def append(self, entries: Sequence[Entry]) -> None:
        """Keep more changes, all or none; they are on the disk afterwards. OvertakenError."""

    def close(self) -> None:
        """Let go of the store."""


def chained(entries: Iterable[Entry], digest: bytes) -> Iterator[Kept]:
    """Yield changes as rows, each with its digest; `digest` is that of the change before."""
    for each in entries:
        digest = _digest(digest, each)
        yield each.number, each.at, each.by, each.why, each.body, digest


def entries_of(rows: Iterable[Kept], *, is_checked: bool = True) -> Iterator[Entry]:
    """Yield the changes of rows in order; LedgerOpenError names the first that is not right."""
    for entry, wrong in _judged(rows):
        if wrong and is_checked:
            remedy = "restore the database from a copy, or the change as it was"
            raise LedgerOpenError(f"{wrong}: {remedy}")
        yield entry


def damaged(rows: Iterable[Kept]) -> int:
    """Return how many changes are not what was written, or not there."""
    return sum(bool(wrong) for _, wrong in _judged(rows))


def check_next(entries: Sequence[Entry], last: int) -> None:
    """Raise OvertakenError where the first of `entries` does not come after the last change."""
    if entries and entries[0].number != last + 1:
        raise OvertakenError(f"change {entries[0].number} of the registry is there already")


def _judged(rows: Iterable[Kept]) -> Iterator[tuple[Entry, str]]:
    """Yield each change, and what is wrong with it or before it."""
    last, digest = 0, FIRST
    for number, at, by, why, body, kept in rows:
        entry, wrong = Entry(number, at, by, why, body), ""
        if entry.number != last + 1:
            wrong = f"change {last + 1} of the registry is missing"
        elif kept != _digest(digest, entry):
            wrong = f"change {entry.number} of the registry is not as it was written"
        yield entry, wrong
        # One that was altered must not make all after it wrong as well.
        last, digest = entry.number, kept


def _digest(before: bytes, entry: Entry) -> bytes:
    return hashlib.sha256(before + msgspec.msgpack.encode(entry)).digest()
