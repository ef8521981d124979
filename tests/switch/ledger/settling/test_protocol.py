"""Both stores of settlement do the same, step by step, and what memory does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from switch.ledger.postgres import PostgresLedger
from switch.ledger.settling.embedded import SqliteSettlement
from switch.ledger.settling.on_postgres import PostgresSettlement
from switch.ledger.settling.protocol import (
    AlreadyClearedError,
    ChangedMeanwhileError,
    Mark,
    MarkState,
    SettlementStore,
)
from tests.switch.settlement.village import MemoryStore

ENGINES = ("memory", "sqlite", "postgresql")


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SettlementStore]:
    """Return an empty store of each engine in turn."""
    if request.param == "memory":
        made: SettlementStore = MemoryStore()
    elif request.param == "sqlite":
        made = SqliteSettlement(tmp_path / "settlement.sqlite")
    else:
        ledger: PostgresLedger = request.getfixturevalue("postgres")
        made = PostgresSettlement(ledger)
    with closing(made):
        yield made


def test_a_day_is_kept_once_and_never_before_a_later_one(store: SettlementStore) -> None:
    assert (store.last_day(), store.days(), store.clearing(20140618)) == (0, [], None)
    store.keep_clearing(20140618, b"one", [])
    store.keep_clearing(20140620, b"two", [])
    for day in (20140618, 20140619, 20140620):
        with pytest.raises(AlreadyClearedError, match=str(day)):
            store.keep_clearing(day, b"again", [Mark("1", day, MarkState.CARRIED)])
    assert store.days() == [20140618, 20140620]
    assert store.clearing(20140618) == b"one"
    assert store.last_day() == 20140620
    assert store.carried() == [], "what was refused left no mark"


def test_marks_go_with_their_day_and_change_with_a_later_one(store: SettlementStore) -> None:
    marks = [Mark("b", 1, MarkState.CARRIED), Mark("a", 1, MarkState.CARRIED)]
    store.keep_clearing(1, b"", [*marks, Mark("c", 1, MarkState.VOID)])
    assert [mark.rrn for mark in store.carried()] == ["a", "b"]
    store.keep_clearing(2, b"", [Mark("a", 2, MarkState.LATE)])
    assert store.carried() == [marks[0]]
    assert store.marks(["a", "c", "z"]) == {
        "a": Mark("a", 2, MarkState.LATE),
        "c": Mark("c", 1, MarkState.VOID),
    }
    assert store.marks([]) == {}
    many = [f"{n}" for n in range(1_200)]
    store.keep_clearing(3, b"", [Mark(rrn, 3, MarkState.RETURNED) for rrn in many])
    assert len(store.marks(many)) == 1_200


def test_a_case_is_there_once_and_changes_by_whoever_read_it_last(store: SettlementStore) -> None:
    assert store.add_cases([("long/1", b"first"), ("short/2", b"second")]) == 2
    assert store.add_cases([("long/1", b"other"), ("long/3", b"third")]) == 1
    assert store.add_cases([]) == 0
    first, second, third = store.cases()
    numbers = [each.number for each in (first, second, third)]
    assert numbers == [first.number + n for n in range(3)], "what is there takes no number"
    assert (first.key, first.body, first.is_open) == ("long/1", b"first", True)
    assert store.case(third.number) == third
    assert store.case(999) is None
    store.change_case(replace(second, is_open=False, body=b"done"))
    with pytest.raises(ChangedMeanwhileError, match=f"case {second.number}"):
        store.change_case(replace(second, body=b"also done"))
    assert [each.key for each in store.cases(is_open=True)] == ["long/1", "long/3"]
    (closed,) = store.cases(is_open=False)
    assert (closed.body, closed.version) == (b"done", 2)


def test_cases_are_amended_all_or_none_and_by_who_has_seen_them_all(
    store: SettlementStore,
) -> None:
    assert store.generation() == 0
    assert store.amend([("long/1", b"first"), ("short/2", b"second")], []) == 2
    seen = store.generation()
    first, second = store.cases()
    assert store.amend([("long/3", b"third")], [replace(first, body=b"1")], seen) == 1
    before = [(each.key, each.body, each.version) for each in store.cases()]
    with pytest.raises(ChangedMeanwhileError, match="cases were changed meanwhile"):
        store.amend([], [replace(second, body=b"2")], seen)
    with pytest.raises(ChangedMeanwhileError, match=f"case {first.number} was changed meanwhile"):
        store.amend([("long/4", b"fourth")], [replace(second, body=b"2"), first])
    assert [(each.key, each.body, each.version) for each in store.cases()] == before
    assert store.generation() > seen
