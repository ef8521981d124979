"""What a person may see of a field: masks that fail closed.

A mask belongs to a field or sub-field of a dialect, never to a call site. What no
dialect describes is hidden, not shown.
"""

from __future__ import annotations

from enum import StrEnum

from messages.values import mask_pan

HIDDEN = "*"
"""The character that stands for a hidden one; no field can contain it as a digit."""


class Mask(StrEnum):
    """How much of a value is shown outside the process."""

    OPEN = "open"
    """All of it."""
    PAN = "pan"
    """At most the first six and the last four digits."""
    SECRET = "secret"  # noqa: S105 - the name of a mask, not a password
    """Nothing but the length: tracks, PIN blocks, keys, identity numbers."""
    BY_LAYOUT = "by-layout"
    """Nothing, unless a layout of the dialect divides it into parts with masks of their own."""


def mask_text(text: str, mask: Mask) -> str:
    """Return `text` as it may be shown; the length stays the same."""
    if mask is Mask.OPEN:
        return text
    if mask is Mask.PAN:
        return mask_pan(text)
    return HIDDEN * len(text)
