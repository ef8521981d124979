"""What each number of a load scenario may be (simulators/load): finite, and within its bounds.

Nothing in a scenario but its seed is below 0, whatever else a number means.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Final

import msgspec

from simulators.load.scenario.model import Scenario

_MOST_FEN: Final = 999_999_999_999
"""DE 4 has twelve digits."""
_HOUR_MS: Final = 3_600_000
_MONTH_S: Final = 31 * 86_400
_ANY: Final = (0, 1 << 53)
_BOUNDS: Final[dict[str, tuple[float, float]]] = {
    "seconds": (0, _MONTH_S),
    "arrivals.rate": (0, 10_000_000),
    "arrivals.to_rate": (0, 10_000_000),
    "amounts.fen": (1, _MOST_FEN),
    "amounts.to_fen": (0, _MOST_FEN),
    "amounts.choices": (1, _MOST_FEN),
    "fleet.first_stan": (0, 999_999),
    "think.ms": (0, _HOUR_MS),
    "think.to_ms": (0, _HOUR_MS),
    "connection.connect_ms": (1, _HOUR_MS),
    "network.echo_s": (0.1, _MONTH_S),
    "fault.ms": (1, _HOUR_MS),
    "issuers.delay_ms": (0, _HOUR_MS),
    "limits.timeout_ms": (1, _HOUR_MS),
}


def complaints(scenario: Scenario) -> Iterator[str]:
    """Yield what is wrong with each number, by its key."""
    for key, number in _numbers(msgspec.to_builtins(scenario), ""):
        if not isfinite(number):
            yield f"{key}: {number} is no number to reckon with"
            continue
        least, most = _BOUNDS.get(key, _ANY)
        if key != "seed" and not least <= number <= most:
            yield f"{key}: {number} is not from {least} to {most}"


def _numbers(told: object, key: str) -> Iterator[tuple[str, float]]:
    if isinstance(told, dict):
        for name, each in told.items():
            yield from _numbers(each, f"{key}.{name}" if key else name)
    elif isinstance(told, list | tuple):
        for each in told:
            yield from _numbers(each, key)
    elif isinstance(told, int | float) and not isinstance(told, bool):
        yield key, told
