"""What is in memory: what is not over stays, the rest leaves and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing as closing_of
from pathlib import Path

import pytest

from switch.core.operations import (
    FindByRrn,
    FindOriginal,
    Operation,
    Row,
    TransactionKey,
)
from switch.core.transaction import State
from switch.ledger.embedded.shelf import Shelf
from switch.ledger.embedded.tables import Filling, Tables, encode
from switch.ledger.rows import CapDay, CapKey, WriteSet
from tests.switch.ledger.making import (
    BUCKET,
    CARD,
    DAY,
    attempt,
    closing,
    everything,
    freeing,
    key,
    opening,
    reversing,
    rrn,
    voiding,
)
from tests.switch.ledger.test_decide import run

TODAY = CapKey(BUCKET, CARD, DAY)
STORED, _ = run(
    [opening(count, count, 10) for count in (1, 2, 3)],
    [closing(4, 1), closing(5, 2, State.DECLINED), opening(6, 4, 10), reversing(7, 4)],
)
NUMBERS = {known: number for number, known in enumerate(STORED.transactions, 1)}


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Tables]:
    """Return tables that have what is stored."""
    with closing_of(Tables(tmp_path / "ledger.db")) as made:
        yield made


def fill(tables: Tables, through: int) -> None:
    """Bring the tables up to what is stored."""
    filling = Filling()
    bodies = {NUMBERS[known]: encode(row) for known, row in STORED.transactions.items()}
    filling.add(bodies, everything(STORED), NUMBERS)
    tables.write(filling, through)


def find(stan: int) -> list[FindOriginal]:
    """Return a batch that needs one row."""
    return [FindOriginal(attempt(9), key(stan))]


def test_what_is_over_leaves_when_the_tables_have_it(tables: Tables) -> None:
    shelf = Shelf(tables, kept=0)
    shelf.numbers.update(NUMBERS)
    shelf.keep(everything(STORED), 1)
    shelf.let_go(0)
    assert shelf.stored.transactions == STORED.transactions
    fill(tables, 1)
    shelf.let_go(1)
    # 3 has no outcome and 4 is being reversed.
    assert set(shelf.stored.transactions) == {key(3), key(4)}
    assert not shelf.stored.caps


def test_what_left_comes_back_with_its_day(tables: Tables) -> None:
    fill(tables, 1)
    shelf = Shelf(tables, kept=0)
    assert key(1) not in shelf.stored.transactions
    shelf.fetch(find(1))
    assert shelf.stored.transactions[key(1)] == STORED.transactions[key(1)]
    assert shelf.numbers[key(1)] == NUMBERS[key(1)]
    assert shelf.stored.caps[TODAY] == STORED.caps[TODAY]


def test_the_newest_stay_up_to_the_limit(tables: Tables) -> None:
    fill(tables, 1)
    shelf = Shelf(tables, kept=2)
    shelf.fetch([*find(1), *find(2)])
    shelf.let_go(1)
    # 3 has no outcome and 4 is being reversed; 1 came first, then 2, then their day.
    assert set(shelf.stored.transactions) == {key(2), key(3), key(4)}
    assert set(shelf.stored.caps) == {TODAY}


def test_a_row_that_changed_since_stays(tables: Tables) -> None:
    fill(tables, 1)
    shelf = Shelf(tables, kept=0)
    shelf.fetch(find(1))
    changed = WriteSet()
    changed.caps[TODAY] = CapDay(1, 1)
    shelf.keep(changed, 2)
    shelf.let_go(1)
    assert shelf.stored.caps[TODAY] == CapDay(1, 1)


def test_a_greater_stan_is_not_looked_for_and_a_smaller_one_is(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tables, 1)
    shelf = Shelf(tables, kept=0)
    looked: list[str] = []
    find_in_tables = Tables.find

    def look(self: Tables, wanted: TransactionKey) -> tuple[int, Row] | None:
        looked.append(wanted.stan)
        return find_in_tables(self, wanted)

    monkeypatch.setattr(Tables, "find", look)
    shelf.fetch([*find(7), *find(1), *find(8)])
    assert looked == ["000001"]


def test_rows_that_leave_raise_what_counts_as_new(tables: Tables) -> None:
    shelf = Shelf(tables, kept=0)
    # Asked while the tables are empty: everything is new.
    shelf.fetch(find(1))
    shelf.numbers.update(NUMBERS)
    shelf.keep(everything(STORED), 1)
    fill(tables, 1)
    shelf.let_go(1)
    shelf.fetch(find(2))
    assert shelf.stored.transactions[key(2)] == STORED.transactions[key(2)]


def test_a_row_that_left_is_found_by_its_rrn_and_leaves_again(tables: Tables) -> None:
    fill(tables, 1)
    shelf = Shelf(tables, kept=0)
    shelf.fetch([FindByRrn(attempt(9), rrn(1)), FindByRrn(attempt(10), rrn(7))])
    assert shelf.stored.by_rrn[rrn(1)] == key(1)
    assert shelf.stored.transactions[key(1)] == STORED.transactions[key(1)]
    shelf.let_go(1)
    assert key(1) not in shelf.stored.transactions
    assert rrn(1) not in shelf.stored.by_rrn


def test_a_row_brings_along_what_it_takes_of(tables: Tables) -> None:
    stored, _ = run([opening(1, 1, 10), closing(2, 1), voiding(3, 2, of=1, fen=10)])
    numbers = {known: number for number, known in enumerate(stored.transactions, 1)}
    filling = Filling()
    bodies = {numbers[known]: encode(row) for known, row in stored.transactions.items()}
    filling.add(bodies, everything(stored), numbers)
    tables.write(filling, 1)
    shelf = Shelf(tables, kept=0)
    # The void has no outcome and is in memory; the sale left.
    assert set(shelf.stored.transactions) == {key(2)}
    shelf.fetch([closing(4, 2)])
    assert shelf.stored.transactions[key(1)] == stored.transactions[key(1)]


def test_a_void_of_a_completion_brings_along_the_authorisation(tables: Tables) -> None:
    steps: list[Operation] = [
        opening(1, 1, 10),
        closing(2, 1),
        voiding(3, 2, of=1, fen=10),
        closing(4, 2),
    ]
    stored, _ = run([*steps, freeing(5, 3, of=2, fen=10)])
    numbers = {known: number for number, known in enumerate(stored.transactions, 1)}
    filling = Filling()
    bodies = {numbers[known]: encode(row) for known, row in stored.transactions.items()}
    filling.add(bodies, everything(stored), numbers)
    tables.write(filling, 1)
    shelf = Shelf(tables, kept=0)
    assert set(shelf.stored.transactions) == {key(3)}
    shelf.fetch([closing(6, 3)])
    assert shelf.stored.transactions == stored.transactions
