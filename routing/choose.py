"""Which line of a way is taken (routing): the first in order that can be, and never after sending.

Once the first byte of a request was sent, its link is decided for ever: what follows it, a reversal
above all, goes there or waits.
"""

from __future__ import annotations

from collections.abc import Callable

from routing.table import Candidate, Way

IsUsable = Callable[[str], bool]
"""Tells whether a link, by its name, takes messages now."""


def choose(way: Way, is_usable: IsUsable) -> Candidate | None:
    """Return the line for a request of which nothing was sent yet; None where none can be taken."""
    for candidate in way.candidates:
        if is_usable(candidate.link):
            return candidate
    return None


def choose_again(way: Way, is_usable: IsUsable, *, sent_over: str) -> Candidate | None:
    """Return the line for a request that may have been sent over one (empty: over none).

    What was sent over a line has no other: None, unless that very line can be used.
    """
    if not sent_over:
        return choose(way, is_usable)
    for candidate in way.candidates:
        if candidate.link == sent_over:
            return candidate if is_usable(sent_over) else None
    return None
