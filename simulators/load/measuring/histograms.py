"""Latency histograms (simulators/load): counted in a dict while it matters, HdrHistogram after.

A value is kept by the lowest of its HDR bucket (three digits, 1 us to 1 h), so that what is counted
here, encoded, decoded and merged are the same numbers.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from math import ceil
from typing import Final, Self

from hdrh.codec import HdrCookieException, HdrLengthException
from hdrh.histogram import HdrHistogram

DIGITS: Final = 3
LONGEST_US: Final = 3_600_000_000
_SUB_BITS: Final = 11
"""2048 values a bucket: three digits."""
_EXACT: Final = 1 << _SUB_BITS
"""Below it every value is a bucket of its own."""
_MOST_POINTS: Final = 400
_TAIL: Final = 100
"""Points of a curve: the tail is never thinned."""


def place_of(value_us: int) -> int:
    """Return the lowest value of a value's bucket: where it is counted."""
    shift = value_us.bit_length() - _SUB_BITS
    return value_us if shift <= 0 else value_us >> shift << shift


def places_of(values_us: Iterable[int]) -> list[int]:
    """Return where values are counted."""
    return [
        us if us < _EXACT else us >> (shift := us.bit_length() - _SUB_BITS) << shift
        for us in values_us
    ]


class Tally:
    """Counts by lowest value of the bucket, in microseconds."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        """Begin empty."""
        self.counts: Counter[int] = Counter()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally) and self.counts == other.counts

    __hash__ = None  # type: ignore[assignment] # it changes

    def __len__(self) -> int:
        return sum(self.counts.values())

    def add(self, value_us: int) -> None:
        """Count one value."""
        key, counts = place_of(value_us), self.counts
        counts[key] = counts.get(key, 0) + 1

    def add_places(self, places: Iterable[int]) -> None:
        """Count many values by their places, which is much cheaper than one by one."""
        self.counts.update(places)

    def merge(self, other: Tally) -> None:
        """Count what another one has counted."""
        counts = self.counts
        for key, count in other.counts.items():
            counts[key] = counts.get(key, 0) + count

    def percentile_ms(self, percentile: float) -> float:
        """Return a percentile in milliseconds: the highest value of its bucket, 0 for none."""
        wanted = max(1, ceil(len(self) * percentile / 100 - 1e-9))
        reached = 0
        for key in sorted(self.counts):
            reached += self.counts[key]
            if reached >= wanted:
                return _highest(key) / 1_000
        return 0.0

    def mean_ms(self) -> float:
        """Return the mean in milliseconds, of the middles of the buckets."""
        total = sum((key + _highest(key)) / 2 * count for key, count in self.counts.items())
        return total / max(1, len(self)) / 1_000

    def share_above(self, value_us: int) -> float:
        """Return the share of the values that are above one."""
        above = sum(count for key, count in self.counts.items() if key > value_us)
        return above / max(1, len(self))

    def curve(self) -> list[tuple[float, float]]:
        """Return (percentile, milliseconds) where the counts step, thinned for a chart."""
        total, reached, points = len(self), 0, []
        for key in sorted(self.counts):
            reached += self.counts[key]
            points.append((100 * reached / total, _highest(key) / 1_000))
        if len(points) <= _MOST_POINTS:
            return points
        step = len(points) // (_MOST_POINTS - _TAIL)
        return points[:-_TAIL:step] + points[-_TAIL:]


class Brief(Tally):
    """Few values, as of one second: stored as they are, because a histogram costs milliseconds."""

    __slots__ = ()

    def flat(self) -> list[int]:
        """Return value, count, value, count."""
        return [number for pair in sorted(self.counts.items()) for number in pair]

    @classmethod
    def of_flat(cls, numbers: Sequence[int]) -> Self:
        """Return what `flat` gave; ValueError for an odd count."""
        made = cls()
        made.counts = Counter(dict(zip(numbers[::2], numbers[1::2], strict=True)))
        return made


def merged(parts: Iterable[Tally]) -> Tally:
    """Return the counts of all together."""
    tally = Tally()
    for part in parts:
        tally.merge(part)
    return tally


def histogram(tally: Tally) -> HdrHistogram:
    """Return counts as an HdrHistogram; what is longer than an hour counts as an hour."""
    made = HdrHistogram(1, LONGEST_US, DIGITS)
    for value_us, count in tally.counts.items():
        made.record_value(min(value_us, LONGEST_US), count)
    return made


def encoded(tally: Tally) -> str:
    """Return the histogram as others read it: compressed V2, base64; empty for no values."""
    return bytes(histogram(tally).encode()).decode("ascii") if tally.counts else ""


def decoded(text: str) -> Tally:
    """Return the counts of an encoded histogram; ValueError where it is none."""
    tally = Tally()
    if not text:
        return tally
    try:
        made = HdrHistogram.decode(text.encode("ascii"))
        for item in made.get_recorded_iterator():
            value = item.value_iterated_to
            shift = value.bit_length() - _SUB_BITS
            key = value if shift <= 0 else value >> shift << shift
            tally.counts[key] = item.count_added_in_this_iter_step
    except (HdrCookieException, HdrLengthException, TypeError, ValueError, zlib.error) as error:
        raise ValueError(f"no histogram ({type(error).__name__})") from None
    return tally


def _highest(key: int) -> int:
    shift = max(0, key.bit_length() - _SUB_BITS)
    return key + (1 << shift) - 1
