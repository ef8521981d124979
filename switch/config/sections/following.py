"""Which tariff file an institution follows, and since when (switch/config/sections).

What it had before stands until the first of these days: a price is never changed for a day past.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from msgspec.structs import replace

from fees.tariff import BankTariff, in_force, latest_first
from switch.config.registry.kinds import State, TariffRow
from switch.config.registry.stages import number_of
from switch.registry.stages import NO_END


class Follow(NamedTuple):
    """A row of kind `tariff`: from a day (YYYYMMDD) on a bank has the tariff of a file."""

    key: str
    bank: str
    from_day: int
    file: str


def follows_of(state: State) -> tuple[Follow, ...]:
    """Return the rows of a registry, each bank's in the order of their days."""
    found = [
        Follow(row.key, row.institution, number_of(row.from_day), row.file)
        for row in state["tariff"].values()
        if isinstance(row, TariffRow)
    ]
    return tuple(sorted(found, key=lambda each: (each.bank, each.from_day)))


def spliced(
    own: Sequence[BankTariff], followed: Mapping[int, Sequence[BankTariff]]
) -> tuple[BankTariff, ...]:
    """Return a bank's versions: its own, then from each day on those of what it follows then.

    ValueError with the day on which what is followed has nothing yet.
    """
    days = sorted(followed)
    found = [version for version in own if not days or version.valid_from < days[0]]
    for day, until in pairwise([*days, NO_END]):
        versions = latest_first(followed[day])
        first = in_force(versions, day)
        if first is None:
            raise ValueError(day)
        found.append(replace(first, valid_from=day))
        found += [version for version in versions if day < version.valid_from < until]
    return latest_first(found)
