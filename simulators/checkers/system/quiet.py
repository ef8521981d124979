"""Promise: after faults stop, everything settles in bounded virtual time.

The world itself says when it was quiet; a run that never was names what it waited for.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulators.checkers.finding import Finding
from simulators.world.history import History

PROMISE = "everything settles in bounded time after faults stop"


def check(history: History) -> Iterator[Finding]:
    """Yield what was left to happen when the time was over."""
    if history.end.settled_after_ns is None:
        yield Finding(f"still busy: {history.end.unsettled}")
