"""Villages and points (switch/settlement): who was visited, who places terminals, who pays.

The notice: a visit a quarter (四(四)4); the bank that issued most cards in a village places its
terminal, and the banks share the costs by the cards they issued there (四(三)3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final

import msgspec

from switch.settlement.calendar import Calendar, Quarter

LATE: Final = "late"


class PointFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the registry knows of a service point."""

    merchant: str
    name: str
    village: str
    district: str
    open_from: date
    agreement: date | None = None
    agreement_until: date | None = None
    is_whole: bool = False
    """Whether the agreement has all four clauses."""
    visits: tuple[date, ...] = ()
    terminals: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    """The banks whose devices stand there."""


class Visit(msgspec.Struct, frozen=True):
    """A visit to be made: to which point, by when, and when the last one was."""

    point: PointFacts
    by: date
    last: date | None


class Placement(msgspec.Struct, frozen=True):
    """A village: cards by bank, who places its terminals by that, and whose stand there."""

    village: str
    cards: dict[str, int]
    should: tuple[str, ...]
    owners: tuple[str, ...]
    is_right: bool
    """Whether every device there is of a bank with most cards; none is no fault."""


def visited(point: PointFacts, quarter: Quarter) -> int:
    """Return how often a point was visited in a quarter."""
    return sum(quarter.first <= day <= quarter.last for day in point.visits)


def unvisited(points: Iterable[PointFacts], quarter: Quarter) -> list[PointFacts]:
    """Return the points that were open in a quarter and not visited in it."""
    return [
        point for point in points if point.open_from <= quarter.last and not visited(point, quarter)
    ]


def without_agreement(points: Iterable[PointFacts], day: date) -> list[PointFacts]:
    """Return the points that are open on a day without an agreement in force, whole and signed."""
    return [
        point
        for point in points
        if point.open_from <= day
        and (
            point.agreement is None
            or point.agreement > day
            or not point.is_whole
            or (point.agreement_until is not None and point.agreement_until < day)
        )
    ]


def plan(points: Iterable[PointFacts], quarter: Quarter, calendar: Calendar) -> list[Visit]:
    """Return a visit for each point that has none in a quarter, spread over its working days.

    Those that were not visited for longest come first.
    """
    waiting = unvisited(points, quarter)
    lasts = {
        point.merchant: max((day for day in point.visits if day < quarter.first), default=None)
        for point in waiting
    }
    waiting.sort(key=lambda point: (lasts[point.merchant] or date.min, point.merchant))
    days = [day for day in _days(quarter) if calendar.is_working(day)]
    return [
        Visit(point, days[(at + 1) * len(days) // len(waiting) - 1], lasts[point.merchant])
        for at, point in enumerate(waiting)
    ]


def _days(quarter: Quarter) -> list[date]:
    count = (quarter.last - quarter.first).days + 1
    return [quarter.first + timedelta(days=n) for n in range(count)]


def placements(
    cards: Mapping[str, Mapping[str, int]],
    points: Iterable[PointFacts],
    groups: Mapping[str, str],
) -> list[Placement]:
    """Return every village with what its cards say; `cards` are by village and bank.

    Institutions of one group are one bank: it may issue under one number and acquire under another.
    """
    owners: dict[str, set[str]] = {}
    for point in points:
        owners.setdefault(point.village, set()).update(point.owners)
    found = []
    for village in sorted({*cards, *owners}):
        of = dict(sorted(cards.get(village, {}).items()))
        most = max(of.values(), default=0)
        should = tuple(bank for bank, count in of.items() if count == most and most)
        there = tuple(sorted(owners.get(village, ())))
        banks = {groups.get(bank) or bank for bank in should}
        is_right = not of or all((groups.get(bank) or bank) in banks for bank in there)
        found.append(Placement(village, of, should, there, is_right))
    return found


def shares(total_fen: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Share an amount by weights, to the fen: what is left goes to the largest remainders.

    ValueError where nobody has a weight. Ties go by name, so that the same shares come every time.
    """
    whole = sum(weights.values())
    if total_fen < 0 or whole <= 0 or min(weights.values(), default=0) < 0:
        raise ValueError("costs are shared by cards, and there are none")
    found = {name: total_fen * weight // whole for name, weight in weights.items()}
    left = total_fen - sum(found.values())
    by_remainder = sorted(weights, key=lambda name: (-(total_fen * weights[name] % whole), name))
    for name in by_remainder[:left]:
        found[name] += 1
    return dict(sorted(found.items()))
