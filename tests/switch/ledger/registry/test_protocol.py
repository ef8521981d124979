"""A change that was altered, taken out or put in by hand is found, and named."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from switch.ledger.protocol import LedgerOpenError
from switch.ledger.registry.protocol import (
    FIRST,
    Entry,
    Kept,
    OvertakenError,
    chained,
    check_next,
    damaged,
    entries_of,
)

_ENTRIES = [Entry(number, "at", "by", "why", f"{number}") for number in range(1, 5)]


def _kept() -> list[Kept]:
    return list(chained(_ENTRIES, FIRST))


def test_what_was_chained_is_read_as_it_was() -> None:
    rows = _kept()
    assert list(entries_of(rows)) == _ENTRIES
    assert damaged(rows) == 0
    assert list(chained(_ENTRIES[2:], rows[1][-1])) == rows[2:]
    assert len({digest for *_, digest in rows}) == 4


def _altered(rows: list[Kept]) -> None:
    number, at, _, *rest = rows[1]
    rows[1] = (number, at, "li", *rest)  # type: ignore[assignment]


def _of_another_history(rows: list[Kept]) -> None:
    rows[1] = next(chained([replace(_ENTRIES[1], by="li")], FIRST))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (_altered, "change 2 of the registry is not as it was written"),
        (_of_another_history, "change 2 of the registry is not as it was written"),
        (lambda rows: rows.pop(1), "change 2 of the registry is missing"),
        (lambda rows: rows.pop(0), "change 1 of the registry is missing"),
    ],
)
def test_damage_is_told_with_the_number_and_refused(
    damage: Callable[[list[Kept]], object], told: str
) -> None:
    rows = _kept()
    damage(rows)
    with pytest.raises(LedgerOpenError, match=told):
        list(entries_of(rows))
    assert len(list(entries_of(rows, is_checked=False))) == len(rows)
    assert 1 <= damaged(rows) <= 2


def test_only_the_next_number_may_come() -> None:
    check_next(_ENTRIES, 0)
    for last in (1, 4):
        with pytest.raises(OvertakenError, match="change 1 of the registry is there already"):
            check_next(_ENTRIES, last)
