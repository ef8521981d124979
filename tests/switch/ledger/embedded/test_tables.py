"""The tables: what a fill wrote is what the next start reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing as closing_of
from pathlib import Path

import apsw
import msgspec
import pytest

from switch.core.operations import (
    LeaseNumbers,
    Resolve,
    SignOn,
    TransactionKey,
)
from switch.core.transaction import State
from switch.ledger.embedded.tables import Filling, Tables, encode
from switch.ledger.rows import EMPTY_DAY, CapDay, CapKey, ReadSet
from tests.switch.ledger.making import (
    BUCKET,
    CARD,
    DAY,
    attempt,
    closing,
    enlisting,
    everything,
    key,
    opening,
    reversing,
)
from tests.switch.ledger.test_decide import run

STORED, _ = run(
    [enlisting(), opening(1, 1, 10), opening(2, 2, 20), opening(3, 3, 30), opening(4, 4, 40)],
    [closing(5, 2), closing(6, 3, State.IN_DOUBT), SignOn(attempt(7), "50010001", b"keys")],
    [LeaseNumbers(attempt(8), "rrn", 10), Resolve(attempt(9), attempt(99), key(9))],
)
NUMBERS = {known: number for number, known in enumerate(STORED.transactions, 1)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where tables may be made."""
    return tmp_path / "ledger.db"


@pytest.fixture
def tables(path: Path) -> Iterator[Tables]:
    """Return tables without a row."""
    with closing_of(Tables(path)) as made:
        yield made


def filling(stored: ReadSet) -> Filling:
    """Return a fill of everything that is stored."""
    bodies = {NUMBERS[known]: encode(row) for known, row in stored.transactions.items()}
    made = Filling()
    made.add(bodies, everything(stored), NUMBERS)
    return made


def test_what_was_filled_is_loaded(tables: Tables) -> None:
    tables.write(filling(STORED), 3)
    loaded = ReadSet()
    numbers = tables.load(loaded)
    always = {key(1), key(3), key(4)}
    assert loaded.transactions == {known: STORED.transactions[known] for known in always}
    assert numbers == {known: NUMBERS[known] for known in always}
    for name in ("intents", "sessions", "advices", "blocks", "leases", "fences"):
        assert getattr(loaded, name) == getattr(STORED, name)
    assert (tables.filled_through, tables.next_number) == (3, 5)


def test_a_row_is_found_by_its_whole_key(tables: Tables) -> None:
    tables.write(filling(STORED), 1)
    assert tables.find(key(2)) == (2, STORED.transactions[key(2)])
    for field, other in (("merchant", "x"), ("card", b"x"), ("date", "0618"), ("bucket", 8)):
        assert tables.find(msgspec.structs.replace(key(2), **{field: other})) is None
    assert tables.last_stan("50010001", "000001") == "000004"
    assert tables.last_stan("50010001", "000002") == ""


def test_texts_that_do_not_fit_their_columns_are_found_too(tables: Tables) -> None:
    odd = TransactionKey(1, CARD, "终端太长了的一台机器", "", "batch that is long", " 1 ", "")
    row = msgspec.structs.replace(STORED.transactions[key(2)], key=odd)
    fill = Filling()
    fill.rows[1] = row, encode(row)
    tables.write(fill, 1)
    assert tables.find(odd) == (1, row)


def test_a_second_fill_brings_rows_up_to_date(tables: Tables) -> None:
    tables.write(filling(STORED), 1)
    after, _ = run([opening(1, 1, 10)], [reversing(2)])
    later = Filling()
    later.rows[1] = after.transactions[key(1)], encode(after.transactions[key(1)])
    later.advices[3] = None
    later.caps[CapKey(BUCKET, CARD, DAY)] = CapDay(1, 2)
    tables.write(later, 2)
    assert tables.find(key(1)) == (1, after.transactions[key(1)])
    loaded = ReadSet()
    tables.load(loaded)
    assert not loaded.advices
    assert tables.caps([CapKey(BUCKET, CARD, DAY)]) == {CapKey(BUCKET, CARD, DAY): CapDay(1, 2)}


def test_a_day_without_a_row_has_nothing(tables: Tables) -> None:
    tables.write(filling(STORED), 1)
    asked = [CapKey(BUCKET, CARD, DAY), CapKey(BUCKET, CARD, DAY + 1), CapKey(1, b"", DAY)]
    found = tables.caps(asked)
    assert found == {asked[0]: STORED.caps[asked[0]], asked[1]: EMPTY_DAY, asked[2]: EMPTY_DAY}


def test_a_fill_that_fails_leaves_the_tables_as_they_were(tables: Tables) -> None:
    tables.write(filling(STORED), 1)
    bad = Filling()
    bad.caps[CapKey(BUCKET, CARD, DAY)] = CapDay(0, -1)
    bad.fences[1] = 2
    with pytest.raises(apsw.ConstraintError):
        tables.write(bad, 2)
    assert tables.filled_through == 1
    loaded = ReadSet()
    tables.load(loaded)
    assert loaded.fences == STORED.fences


def test_columns_say_what_the_body_says(tables: Tables, path: Path) -> None:
    tables.write(filling(STORED), 1)
    with closing_of(apsw.Connection(str(path))) as reader:
        shown = reader.execute(
            "SELECT number, terminal, batch, stan, rrn, state, day, amount_fen FROM transactions"
        ).fetchall()
    assert shown == [
        (
            number,
            "50010001",
            "000001",
            known.stan,
            row.record.rrn,
            int(row.state),
            DAY,
            row.record.amount_fen,
        )
        for (known, row), number in zip(STORED.transactions.items(), NUMBERS.values(), strict=True)
    ]


def test_an_empty_fill_is_false() -> None:
    assert not Filling()
    assert filling(STORED)
