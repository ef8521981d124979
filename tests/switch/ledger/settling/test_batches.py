"""Batches are counted as they stand at the moment of their 0500, on every engine alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from switch.core.batches.values import (
    MOST_DETAILS,
    AddDetails,
    BatchIs,
    BatchUnknown,
    Counting,
    Detail,
    Sums,
)
from switch.core.operations import SignOn
from switch.core.outcomes import SessionIs
from switch.core.transaction import State
from switch.ledger.memory import MemoryLedger
from switch.ledger.postgres import PostgresLedger
from switch.ledger.settling.batches import count
from switch.ledger.sqlite import SqliteLedger
from tests.switch.ledger.making import (
    attempt,
    closing,
    ending,
    key,
    opening,
    record,
    settling,
    uploading,
)
from tests.switch.ledger.test_decide import run

_SIGNED_ON = SignOn(attempt(90), "50010001", b"keys")
_SOLD = (_SIGNED_ON, opening(1), closing(2))


def test_the_rows_of_other_batches_and_terminals_do_not_count() -> None:
    other = replace(opening(3, 2), key=key(2, terminal="50010002"))
    stored, _ = run([*_SOLD, other], [])
    elsewhere = replace(stored.transactions[other.key], state=State.APPROVED)
    stored.put(other.key, elsewhere)
    ledger = MemoryLedger()
    ledger.submit(_SOLD)
    (told,) = ledger.submit([settling(9)])
    assert isinstance(told, BatchIs)
    assert told.batch.counted == (Sums(50_000, 1), Sums())


def test_a_batch_that_ended_gives_way_to_the_next() -> None:
    ledger = MemoryLedger()
    ledger.submit(_SOLD)
    ledger.submit([settling(9)])
    (told,) = ledger.submit([SignOn(attempt(91), "50010001", b"keys")])
    assert isinstance(told, SessionIs)
    assert told.session is not None
    assert told.session.batch == 2
    (again,) = ledger.submit([settling(10, 40_000)])
    assert isinstance(again, BatchIs)
    assert again.batch.results == (2, 1)
    assert ledger.batches(0, 99_999_999)[0].claimed[0].debit_fen == 50_000, "what was settled stays"


def test_only_a_settled_batch_takes_details_and_only_so_many() -> None:
    ledger = MemoryLedger()
    ledger.submit(_SOLD)
    assert ledger.submit([uploading(3, 1), ending(4, 1)]) == [BatchUnknown(), BatchUnknown()]
    ledger.submit([settling(5, 1)])
    many = tuple(Detail("201", f"{n:06d}", 1) for n in range(MOST_DETAILS))
    (told,) = ledger.submit([AddDetails(attempt(6), "50010001", "000001", many)])
    assert isinstance(told, BatchIs)
    one_more = AddDetails(attempt(7), "50010001", "000001", (Detail("203", "000001", 1),))
    assert ledger.submit([one_more]) == [BatchUnknown()]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(State)[2:]),
            st.sampled_from(["sale", "void", "inquiry"]),
            st.integers(0, 10**6),
            st.booleans(),
        ),
        max_size=20,
    )
)
def test_counting_is_what_arithmetic_says(
    drawn: list[tuple[State, str, int, bool]],
) -> None:
    stored, _ = run([opening(1)], [])
    (row,) = stored.transactions.values()
    rows = [
        replace(
            row,
            state=state,
            record=replace(
                record(fen), kind=kind, shown_card="400000******0001" if foreign else "621999"
            ),
        )
        for state, kind, fen, foreign in drawn
    ]
    counted = count(rows, Counting(("sale",), ("void",), ("400000",)))
    for half, is_foreign in zip(counted, (False, True), strict=True):
        told = [
            (kind, fen)
            for state, kind, fen, foreign in drawn
            if foreign is is_foreign and state.name in {"APPROVED", "ADVISED", "ADVICE_EXPIRED"}
        ]
        sales = [fen for kind, fen in told if kind == "sale"]
        voids = [fen for kind, fen in told if kind == "void"]
        assert half == Sums(sum(sales), len(sales), sum(voids), len(voids))


@pytest.mark.parametrize("is_filled", [True, False])
def test_the_embedded_ledger_finds_a_batch_wherever_its_rows_are(
    tmp_path: Path, *, is_filled: bool
) -> None:
    """Some in the tables alone, some in memory alone, some in both; and after a restart."""
    path = tmp_path / "ledger.sqlite"
    ledger = SqliteLedger(path, fill_every_s=None, kept=1)
    ledger.submit([_SIGNED_ON, *(opening(10 + n, n, 10_000) for n in range(1, 6))])
    ledger.submit([closing(20 + n, n) for n in range(1, 4)])
    if is_filled:
        ledger.fill()
        ledger.submit([closing(30, 4)])
    else:
        ledger.abandon()
        ledger = SqliteLedger(path, fill_every_s=None, kept=1)
        ledger.submit([closing(30, 4)])
    ledger.submit([closing(31, 5)])
    (told,) = ledger.submit([settling(40, 50_000, 5)])
    assert isinstance(told, BatchIs)
    assert told.batch.is_balanced
    ledger.close()
    again = SqliteLedger(path, fill_every_s=None)
    assert again.batches(0, 99_999_999) == [told.batch]
    (same,) = again.submit([settling(41, 50_000, 5)])
    assert isinstance(same, BatchIs)
    assert same.batch == told.batch
    again.close()


@settings(max_examples=5)
@given(st.integers(0, 4))
def test_batches_are_listed_by_their_clearing_day(after: int) -> None:
    ledger = MemoryLedger()
    ledger.submit([*_SOLD, settling(9)])
    (batch,) = ledger.batches(20140618, 20140618)
    assert ledger.batches(batch.day + 1, batch.day + 1 + after) == []


def test_postgresql_finds_a_batch_by_how_its_requests_begin(postgres: PostgresLedger) -> None:
    other = replace(opening(3, 2), key=key(2, terminal="50010002"))
    postgres.submit([*_SOLD, other, replace(closing(4, 2), key=other.key)])
    told = postgres.submit([settling(9), uploading(10, 1), ending(11, 1)])
    assert all(isinstance(each, BatchIs) for each in told)
    (batch,) = postgres.batches(20140618, 20140618)
    assert batch.counted == (Sums(50_000, 1), Sums())
    assert batch.told == 1
    assert postgres.batches(20140619, 20140620) == []
