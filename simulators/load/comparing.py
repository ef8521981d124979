"""Compares two load results (simulators/load): what differs, and which differences matter.

A latency matters when it moved by more than the tolerance and by more than the clock can tell; a
share when chance alone would hardly move it so far.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import Final

import msgspec

from simulators.load.measuring.histograms import Tally, merged
from simulators.load.measuring.results import ERRORS, Cell, Result

_PERCENTILES: Final = (50.0, 90.0, 99.0, 99.9)
_LEAST_MS: Final = 0.2
_SIGMAS: Final = 3.0
_ASKED: Final = ("name", "as", "loop", "seconds", "seed", "arrivals", "mix", "fleet", "cards")


class Difference(msgspec.Struct, frozen=True):
    """One figure of both runs; `change` is relative, None where the first has none."""

    name: str
    first: float
    second: float
    unit: str
    change: float | None
    matters: bool
    is_worse: bool


class Comparison(msgspec.Struct, frozen=True):
    """All figures, and what makes the two hard to compare."""

    differences: list[Difference]
    cautions: list[str]

    @property
    def is_worse(self) -> bool:
        """Whether anything that matters became worse."""
        return any(each.matters and each.is_worse for each in self.differences)


def compare(first: Result, second: Result, tolerance: float = 0.1) -> Comparison:
    """Return the figures of two runs side by side; what matters comes first."""
    found = [*_latencies(first, second, tolerance), *_shares(first, second)]
    found += list(_rates(first, second, tolerance))
    found.sort(key=lambda each: (not each.matters, not each.is_worse))
    return Comparison(found, list(_cautions(first, second)))


def _cautions(first: Result, second: Result) -> Iterator[str]:
    for name, result in (("the first", first), ("the second", second)):
        if result.invalid:
            yield f"{name} run is invalid: {result.invalid[0]}"
    for key in _ASKED:
        if first.scenario.get(key) != second.scenario.get(key):
            yield f"the scenarios differ in {key}"
    if first.machine.host != second.machine.host:
        yield "the generators ran on different machines"


def _cells(result: Result) -> dict[str, list[Cell]]:
    """Return the cells by name: of all together, and of each kind and link."""
    cells = result.whole.cells
    by_name: dict[str, list[Cell]] = {"all": list(cells)}
    for cell in cells:
        by_name.setdefault(f"{cell.kind} {cell.link}", []).append(cell)
    return by_name


def _latencies(first: Result, second: Result, tolerance: float) -> Iterator[Difference]:
    ours, theirs = _cells(first), _cells(second)
    for name in [name for name in ours if name in theirs]:
        one = merged(cell.intended for cell in ours[name])
        other = merged(cell.intended for cell in theirs[name])
        for percentile in _PERCENTILES:
            yield _latency(f"{name} p{percentile:g}", one, other, percentile, tolerance)


def _latency(
    name: str, one: Tally, other: Tally, percentile: float, tolerance: float
) -> Difference:
    a, b = one.percentile_ms(percentile), other.percentile_ms(percentile)
    change = (b - a) / a if a else None
    moved = change is not None and abs(change) > tolerance and abs(b - a) > _LEAST_MS
    # A percentile of few values is one of them.
    enough = min(len(one), len(other)) * (100 - percentile) / 100 >= 10  # noqa: PLR2004
    return Difference(name, a, b, "ms", change, moved and enough, b > a)


def _shares(first: Result, second: Result) -> Iterator[Difference]:
    for name in ("approved", "declined", *ERRORS):
        a, of_a = _count(first, name)
        b, of_b = _count(second, name)
        if a or b:
            yield _share(name, (a, of_a), (b, of_b), is_good=name == "approved")
    codes = {code for result in (first, second) for c in result.whole.cells for code in c.codes}
    for code in sorted(codes):
        a = sum(cell.codes.get(code, 0) for cell in first.whole.cells)
        b = sum(cell.codes.get(code, 0) for cell in second.whole.cells)
        of_a, of_b = _count(first, "")[1], _count(second, "")[1]
        yield _share(f"code {code}", (a, of_a), (b, of_b), is_good=code == "00")


def _count(result: Result, name: str) -> tuple[int, int]:
    cells = result.whole.cells
    total = sum(sum(cell.outcomes.values()) for cell in cells)
    return sum(cell.outcomes.get(name, 0) for cell in cells), total


def _share(name: str, one: tuple[int, int], other: tuple[int, int], *, is_good: bool) -> Difference:
    a, b = one[0] / max(1, one[1]), other[0] / max(1, other[1])
    both = (one[0] + other[0]) / max(1, one[1] + other[1])
    spread = sqrt(both * (1 - both) * (1 / max(1, one[1]) + 1 / max(1, other[1])))
    matters = abs(b - a) > _SIGMAS * spread and a != b
    change = (b - a) / a if a else None
    return Difference(name, a * 100, b * 100, "%", change, matters, (b < a) == is_good and a != b)


def _rates(first: Result, second: Result, tolerance: float) -> Iterator[Difference]:
    values = []
    for result in (first, second):
        done = sum(second.done for second in result.whole.seconds)
        values.append(done / result.seconds if result.seconds else 0.0)
    a, b = values
    change = (b - a) / a if a else None
    moved = change is not None and abs(change) > tolerance
    yield Difference("answered a second", a, b, "/s", change, moved, b < a)
    a, b = first.whole.health.cpu_us, second.whole.health.cpu_us
    change = (b - a) / a if a else None
    yield Difference(
        "generator CPU a transaction", a, b, "us", change, matters=False, is_worse=b > a
    )
