"""What each arrival is (simulators/load): its kind, card, amount, and the rest after it.

Every choice has a random stream of its own from the seed, so that a new one changes no other.
Draws are made in blocks: one at a time costs as much as sending.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, repeat
from random import Random
from typing import Final

from simulators.load.scenario.model import Amounts, Cards, Item, Think

_BLOCK: Final = 1_024
_NS_PER_MS: Final = 1_000_000


def stream(seed: int, name: str, worker: int = 0) -> Random:
    """Return a named random stream of a scenario, for one of its workers."""
    return Random(f"{seed}/{name}/{worker}")  # noqa: S311 - seeded on purpose, no secret


def _blocks(population: Sequence[int], weights: Sequence[float], chance: Random) -> Iterator[int]:
    if len(population) == 1:
        yield from repeat(population[0])
    sums = list(accumulate(weights))
    while True:
        yield from chance.choices(population, cum_weights=sums, k=_BLOCK)


def kinds(mix: Sequence[Item], chance: Random) -> Iterator[int]:
    """Yield places in the mix for ever."""
    return _blocks(range(len(mix)), [item.weight for item in mix], chance)


def card_numbers(cards: Cards, count: int, chance: Random) -> Iterator[int]:
    """Yield places among `count` cards: the first `hot` share `hot_share`, the rest the rest."""
    hot = min(cards.hot, count)
    if not hot or hot == count:
        while True:
            yield from [int(chance.random() * count) for _ in range(_BLOCK)]
    share = cards.hot_share
    cold = count - hot
    while True:
        for _ in range(_BLOCK):
            is_hot = chance.random() < share
            yield int(chance.random() * hot) if is_hot else hot + int(chance.random() * cold)


def amounts(told: Amounts, chance: Random) -> Iterator[int]:
    """Yield amounts in fen."""
    if told.draw == "choice":
        weights = told.weights or (1.0,) * len(told.choices)
        return _blocks(told.choices, weights, chance)
    if told.draw == "uniform":
        choices = range(told.fen, told.to_fen + 1, told.step_fen)
        return _blocks(choices, (1.0,) * len(choices), chance)
    return _blocks((told.fen,), (1.0,), chance)


def rests(think: Think, chance: Random) -> Callable[[], int] | None:
    """Return what draws the nanoseconds that a terminal rests, None where it never does."""
    if think.draw == "fixed":
        fixed = int(think.ms * _NS_PER_MS)
        return (lambda: fixed) if fixed else None
    if think.draw == "uniform":
        return lambda: int(chance.uniform(think.ms, think.to_ms) * _NS_PER_MS)
    return lambda: int(chance.expovariate(1 / think.ms) * _NS_PER_MS)
