"""Draws: by their weights, the same for the same seed, and no stream moves another."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from simulators.load.scenario.draws import amounts, card_numbers, kinds, rests, stream
from simulators.load.scenario.model import Amounts, Cards, Item, Think

_MANY = 20_000


def test_kinds_come_by_weight() -> None:
    mix = (Item(kind="a", weight=3), Item(kind="b", weight=1), Item(kind="c", weight=0))
    found = Counter(islice(kinds(mix, stream(1, "test")), _MANY))
    assert found[0] / _MANY == pytest.approx(0.75, abs=0.02)
    assert found[2] == 0


def test_hot_cards_have_their_share() -> None:
    found = Counter(
        islice(card_numbers(Cards(hot=2, hot_share=0.5), 100, stream(1, "test")), _MANY)
    )
    assert (found[0] + found[1]) / _MANY == pytest.approx(0.5, abs=0.02)
    assert set(found) <= set(range(100))
    assert len(found) == 100
    assert set(islice(card_numbers(Cards(), 5, stream(1, "test")), 500)) == set(range(5))


@pytest.mark.parametrize(
    ("told", "values"),
    [
        (Amounts(fen=700), {700}),
        (Amounts(draw="uniform", fen=100, to_fen=500, step_fen=200), {100, 300, 500}),
        (Amounts(draw="choice", choices=(5, 6, 7), weights=(1, 1, 0)), {5, 6}),
    ],
)
def test_amounts_are_those_that_were_asked_for(told: Amounts, values: set[int]) -> None:
    assert set(islice(amounts(told, stream(3, "test")), 2_000)) == values


def test_rests_have_their_mean() -> None:
    assert rests(Think(), stream(1, "test")) is None
    for think in (
        Think(ms=20),
        Think(draw="uniform", ms=10, to_ms=30),
        Think(draw="exponential", ms=20),
    ):
        rest = rests(think, stream(1, "test"))
        assert rest is not None
        mean_ms = sum(rest() for _ in range(_MANY)) / _MANY / 1e6
        assert mean_ms == pytest.approx(20, rel=0.03)


def test_streams_are_named_and_repeat() -> None:
    assert stream(1, "mix").random() == stream(1, "mix").random()
    names = {
        stream(seed, name, worker).random() for seed in (1, 2) for name in "ab" for worker in (0, 1)
    }
    assert len(names) == 8
