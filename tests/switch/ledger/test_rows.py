"""Read sets and write sets: what a batch wrote is what the next one reads."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.ledger.rows import Block, CapDay, CapKey, Lease, Queued, ReadSet, WriteSet
from tests.switch.ledger.making import closing, key, opening
from tests.switch.ledger.test_decide import run

ANYONE = frozenset({1, 2})


def test_a_write_set_is_true_when_anything_was_written() -> None:
    written = WriteSet()
    assert not written
    written.advices[key()] = None
    assert written


def test_everything_written_is_read() -> None:
    written, stored = WriteSet(), ReadSet()
    written.caps[CapKey(1, b"", 2)] = CapDay(3, 4)
    written.blocks["rrn"] = Block(5, 6, 7)
    written.leases[8] = Lease(b"", 9)
    written.fences[10] = 11
    written.advices[key()] = Queued(0, 12, 1)
    stored.apply(written)
    for name in ("caps", "blocks", "leases", "fences", "advices"):
        assert getattr(stored, name) == getattr(written, name)
    written.advices[key()] = None
    stored.apply(written)
    assert not stored.advices


def test_only_rows_without_an_outcome_are_intents() -> None:
    stored, _ = run([opening(1), opening(2, 2)])
    assert list(stored.intents) == [key(1), key(2)]
    stored, _ = run([opening(1), opening(2, 2)], [closing(3)])
    assert list(stored.intents) == [key(2)]


@given(
    changes=st.lists(
        st.tuples(
            st.integers(1, 4), st.one_of(st.none(), st.tuples(st.integers(0, 9), st.integers(1, 3)))
        ),
        max_size=20,
    ),
    now_ms=st.integers(0, 9),
    limit=st.integers(1, 4),
)
def test_what_is_due_comes_in_order_whatever_was_queued_before(
    changes: list[tuple[int, tuple[int, int] | None]], now_ms: int, limit: int
) -> None:
    stored = ReadSet()
    for stan, change in changes:
        stored.queue(key(stan), None if change is None else Queued(0, *change))
    expected = sorted(
        (queued.due_ms, known)
        for known, queued in stored.advices.items()
        if queued.due_ms <= now_ms and queued.owner in ANYONE
    )
    for _ in range(2):
        found = stored.due(now_ms, limit, ANYONE.__contains__)
        assert found == [known for _, known in expected[:limit]]
