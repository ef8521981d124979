"""Promise: the switch never breaks an invariant of its own.

A stop that a fault asked for is none; one that the engine raised is told with its words.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulators.checkers.finding import Finding
from simulators.world.history import History

PROMISE = "no invariant is broken"


def check(history: History) -> Iterator[Finding]:
    """Yield each reason for which the process stopped itself."""
    yield from map(Finding, history.stops)
