"""Arrivals (simulators/load): the moments at which transactions are meant to begin.

Every schedule is a rate over time in straight pieces. The n-th arrival is where the area below the
rate reaches n (evenly spaced) or the sum of n exponential draws (as strangers come).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from math import log, sqrt
from random import Random
from typing import Final

import msgspec

from simulators.load.scenario.model import Arrivals

_HOURS: Final = 24
_NS: Final = 1_000_000_000


class Piece(msgspec.Struct, frozen=True):
    """A stretch of time over which the rate goes from one value straight to another."""

    seconds: float
    first: float
    last: float

    @property
    def area(self) -> float:
        """How many arrivals it has on average."""
        return self.seconds * (self.first + self.last) / 2

    def where(self, area: float) -> float:
        """Return after how many seconds the area is reached."""
        slope = (self.last - self.first) / self.seconds
        if not slope:
            return area / self.first
        root = sqrt(max(0.0, self.first**2 + 2 * slope * area))
        return (root - self.first) / slope


class ScheduleError(ValueError):
    """A schedule that cannot be followed; it names the key and the reason."""


def pieces(arrivals: Arrivals, seconds: float) -> tuple[Piece, ...]:
    """Return the rate over a run; ScheduleError names the key that does not fit."""
    schedule, rate = arrivals.schedule, arrivals.rate
    if schedule == "steps":
        return _steps(arrivals, seconds)
    if rate < 0 or arrivals.to_rate < 0 or (rate == 0 and schedule != "ramp"):
        raise ScheduleError(f"arrivals.rate: a {schedule} schedule needs a rate above 0")
    if schedule in {"constant", "poisson"}:
        return (Piece(seconds, rate, rate),)
    if schedule == "day":
        hours = arrivals.hours
        if len(hours) != _HOURS or min(hours) < 0 or not sum(hours):
            raise ScheduleError("arrivals.hours: a day has 24 weights of 0 or more")
        mean = sum(hours) / _HOURS
        return tuple(Piece(seconds / _HOURS, *[rate * hour / mean] * 2) for hour in hours)
    if arrivals.to_rate <= 0:
        raise ScheduleError(f"arrivals.to_rate: a {schedule} needs a rate above 0")
    if schedule == "ramp":
        return (Piece(seconds, rate, arrivals.to_rate),)
    start, end = arrivals.at_s, arrivals.at_s + arrivals.for_s
    if not 0 <= start < end <= seconds:
        raise ScheduleError("arrivals.at_s: a spike lies within the run and lasts")
    told = (
        Piece(start, rate, rate),
        Piece(end - start, arrivals.to_rate, arrivals.to_rate),
        Piece(seconds - end, rate, rate),
    )
    return tuple(piece for piece in told if piece.seconds)


def _steps(arrivals: Arrivals, seconds: float) -> tuple[Piece, ...]:
    steps = arrivals.steps
    if not steps or any(length <= 0 or rate < 0 for length, rate in steps):
        raise ScheduleError("arrivals.steps: each is [seconds above 0, rate of 0 or more]")
    if abs(sum(length for length, _ in steps) - seconds) > 1e-6 * seconds:
        raise ScheduleError("arrivals.steps: their seconds do not add up to those of the run")
    return tuple(Piece(length, rate, rate) for length, rate in steps)


def is_random(arrivals: Arrivals) -> bool:
    """Tell whether arrivals come as strangers do."""
    return arrivals.schedule != "constant" and arrivals.random


def total(parts: Sequence[Piece]) -> float:
    """Return how many arrivals are meant."""
    return sum(part.area for part in parts)


def rate_at(parts: Sequence[Piece], second: float) -> float:
    """Return the rate at a moment of the run, 0 after its end."""
    for part in parts:
        if second < part.seconds:
            return part.first + (part.last - part.first) * second / part.seconds
        second -= part.seconds
    return 0.0


def moments(
    parts: Sequence[Piece], *, chance: Random | None, share: tuple[int, int] = (0, 1)
) -> Iterator[int]:
    """Yield the moments in nanoseconds from the start, ascending, until the schedule ends.

    `chance` draws them as strangers come; None spaces them evenly. `share` (k, n) is the k-th of n
    equal parts: the n parts together are the whole schedule.
    """
    index, of = share
    areas: Iterator[float]
    if chance is None:
        areas = (index + 0.5 + of * number for number in count())
    else:
        areas = _walk(chance, of)
    before_s = before_area = 0.0
    reached = next(areas)
    rest = iter(parts)
    part = next(rest, None)
    while part is not None:
        # One comparison and one division for an arrival: some come every few microseconds.
        end_area, rate = before_area + part.area, part.first
        is_level = part.first == part.last
        while reached <= end_area:
            area = reached - before_area
            yield int((before_s + (area / rate if is_level else part.where(area))) * _NS)
            reached = next(areas)
        before_area, before_s = end_area, before_s + part.seconds
        part = next(rest, None)


def _walk(chance: Random, of: int) -> Iterator[float]:
    area, draw = 0.0, chance.random
    while True:
        # As random.expovariate does it; a call less.
        area -= log(1.0 - draw()) * of
        yield area
