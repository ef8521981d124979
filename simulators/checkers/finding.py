"""What a checker found (simulators): a sentence that knows its transaction and its step.

A checker yields one for each time that its promise was broken.
"""

from __future__ import annotations


class Finding(str):
    """A sentence; `rrn` is the transaction concerned, `step` when it showed, where known."""

    __slots__ = ("rrn", "step")

    rrn: str
    step: int

    def __new__(cls, what: str, *, rrn: str = "", step: int = 0) -> Finding:  # noqa: PYI034 - final
        """Make one from its sentence, which holds no card data."""
        made = super().__new__(cls, what)
        made.rrn = rrn
        made.step = step
        return made
