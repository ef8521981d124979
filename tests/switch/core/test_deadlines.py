"""Deadlines against a plain dictionary: whatever order they are set in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.core.deadlines import NEVER, Deadlines

_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.integers(0, 9), st.integers(0, 100)),
        st.tuples(st.just("drop"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("expire"), st.just(0), st.integers(0, 100)),
    ),
    max_size=60,
)


@given(_STEPS)
def test_every_key_comes_out_once_at_its_last_deadline_and_in_order(
    steps: list[tuple[str, int, int]],
) -> None:
    deadlines: Deadlines[int] = Deadlines(lambda _: None)
    model: dict[int, int] = {}
    for what, key, due_ns in steps:
        if what == "set":
            deadlines.set(key, due_ns)
            model[key] = due_ns
        elif what == "drop":
            deadlines.drop(key)
            model.pop(key, None)
        else:
            found = list(deadlines.expired(due_ns))
            expected = sorted((due, key) for key, due in model.items() if due <= due_ns)
            assert found == [key for _, key in expected]
            for _, gone in expected:
                del model[gone]
        assert deadlines.next_ns() == min(model.values(), default=NEVER)
        assert len(deadlines) == len(model)


def test_every_deadline_is_told_as_it_is_set() -> None:
    told: list[int] = []
    deadlines: Deadlines[str] = Deadlines(told.append)
    deadlines.set("late", 90)
    deadlines.set("soon", 10)
    assert told == [90, 10]


def test_nothing_is_kept_of_what_has_finished() -> None:
    deadlines: Deadlines[int] = Deadlines(lambda _: None)
    for number in range(10_000):
        deadlines.set(number, number)
        deadlines.drop(number)
    assert len(deadlines._heap) < 200
