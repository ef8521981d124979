"""The errors that the core raises (switch/core).

An invariant broke: the process must stop, and start again from what the ledger holds.
"""

from __future__ import annotations


class InvariantBroken(Exception):  # noqa: N818 - the house's name for it: a fact, not a failure
    """Something that is always true was not; the message holds no card data."""


class LeaseLost(InvariantBroken):
    """Another process took over what was ours, because our lease had ended: stop, as a fence does.

    No bug: a process that stood still, or whose clock ran on, learns it this way.
    """
