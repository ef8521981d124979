"""How far our clock is from the ledger's (switch/shell/sharing), asked again and again.

Leases are compared across machines by UTC, so that a process with a wrong clock would take over
what lives. Half of the time that an answer took is allowed for; what is not answered says nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from switch.ledger.protocol import SharedLedger

EVERY_S: Final = 2.0
"""How often the clocks are compared."""
_NS_PER_MS: Final = 1_000_000

Reading = Callable[[], int]
"""Returns nanoseconds."""


async def skew_ms(ledger: SharedLedger, wall_ns: Reading, elapsed_ns: Reading) -> int | None:
    """Return by how much our wall clock is ahead for certain (negative: behind), if they answer."""
    begun_ns, wall_before_ns = elapsed_ns(), wall_ns()
    theirs_ms = await ledger.clock_ms()
    if theirs_ms is None:
        return None
    took_ms = (elapsed_ns() - begun_ns) / _NS_PER_MS
    middle_ms = wall_before_ns / _NS_PER_MS + took_ms / 2
    apart_ms = middle_ms - theirs_ms
    sure_ms = max(0.0, abs(apart_ms) - took_ms / 2)
    return round(sure_ms if apart_ms > 0 else -sure_ms)


async def watch(
    ledger: SharedLedger, readings: tuple[Reading, Reading], tell: Callable[[int], None]
) -> None:
    """Tell the skew every few seconds until cancelled; `readings` are wall and elapsed time."""
    while True:
        await asyncio.sleep(EVERY_S)
        found_ms = await skew_ms(ledger, *readings)
        if found_ms is not None:
            tell(found_ms)
