"""Promise: no clear card number stands in any report.

Anything that looks like a PAN of the fictional BINs is looked for in all that the switch reports.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulators.world.history import History

PROMISE = "no clear PAN in any report"
_LOOKS_LIKE_A_PAN = re.compile(r"(?<![0-9])62[0-9]{14,17}(?![0-9])")
"""Prefix 62 of all cards here; an RRN has 12 digits."""


def check(history: History) -> Iterator[str]:
    """Yield each report that holds what it must not."""
    for report in history.reported:
        if _LOOKS_LIKE_A_PAN.search(repr(report.facts)):
            yield f"the report {report.event} holds a clear PAN"
