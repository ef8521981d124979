"""The one error that the core raises: an invariant broke, and the process must stop."""

from __future__ import annotations


class InvariantBroken(Exception):  # noqa: N818 - the house's name for it: a fact, not a failure
    """Something that is always true was not; the message holds no card data."""
