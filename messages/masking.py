"""What a person may see of a field: masks that fail closed.

A mask belongs to a field or sub-field of a dialect, never to a call site. What no
dialect describes is hidden, not shown. Under the masks lies a net: no number that could be a
PAN leaves in clear, whatever a dialect says of the place where it stands.
"""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import accumulate
from typing import Final

from messages.values import is_luhn_valid, mask_pan

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


# ------------------------------------------------------------------- what no dialect may show

_UP_TO_PAN: Final = frozenset({Mask.PAN, Mask.SECRET})
_NOTHING: Final = frozenset({Mask.SECRET})
_SECRET_FIELDS: Final = frozenset({14, 35, 36, 45, 52, 96})
"""Expiry, the three tracks, PIN block, security code: the same data elements in every network."""
_SECRET_TAGS: Final = frozenset({"56", "57", "5F24", "9F1F", "9F20", "9F6B"})
"""EMV tags with the tracks, parts of them, and the expiry."""


def allowed_for_field(number: int, kind: str) -> frozenset[Mask]:
    """Return the masks that a dialect may give DE `number` of type `kind` (`z` is a track)."""
    if kind == "z" or number in _SECRET_FIELDS:
        return _NOTHING
    return _UP_TO_PAN if number == 2 else frozenset(Mask)  # noqa: PLR2004 - DE 2 is the PAN


def allowed_for_tag(tag: str) -> frozenset[Mask]:
    """Return the masks that a dialect may give a tag of chip data."""
    if tag in _SECRET_TAGS:
        return _NOTHING
    return _UP_TO_PAN if tag == "5A" else frozenset(Mask)


# ------------------------------------------------------------------------------------ the net

_NUMBER: Final = re.compile(r"[0-9]{13,}")
_SHORTEST: Final = 13
_LONGEST: Final = 19
"""Digits of a PAN (DE 2, n..19)."""
_SHORTEST_WITHIN: Final = 16
"""In a number that could itself be a PAN, one inside has at least this many digits: of those with
fewer, every other merchant number would hold one by chance."""
_DOUBLED: Final = tuple(sum(divmod(2 * digit, 10)) for digit in range(10))


def mask_numbers(text: str) -> str:
    """Return `text` with every number that could be a PAN masked: the net under the masks.

    Such a number has 13 to 19 digits, zeros on its left not counted, and a right check digit. One
    inside a longer run of digits hides the whole run, because nobody knows where it begins.
    """
    return _NUMBER.sub(_mask_number, text)


def could_hold_pan(content: bytes) -> bool:
    """Tell whether bytes hold what could be a PAN, packed two digits a byte or as characters."""
    packed, characters = content.hex(), content.decode("latin-1")
    if mask_numbers(characters) != characters:
        return True
    # Bytes of characters 0-9 are digits in hexadecimal too: 3 and the digit, 3 and the digit.
    return not content.isdigit() and mask_numbers(packed) != packed


def _mask_number(found: re.Match[str]) -> str:
    run = found[0]
    digits = run.lstrip("0")
    if _SHORTEST <= len(digits) <= _LONGEST and is_luhn_valid(digits):
        return run[: -len(digits)] + mask_pan(digits)
    shortest = _SHORTEST_WITHIN if len(digits) <= _LONGEST else _SHORTEST
    return HIDDEN * len(run) if _holds_pan(digits, shortest) else run


def _holds_pan(digits: str, shortest: int) -> bool:
    """Tell whether some `shortest` to 19 neighbours begin without a zero and check by Luhn."""
    plain = [int(digit) for digit in digits]
    # Sums from the left with every other digit doubled: of a window, two of them are subtracted.
    even = list(accumulate((_DOUBLED[d] if i % 2 else d for i, d in enumerate(plain)), initial=0))
    odd = list(accumulate((d if i % 2 else _DOUBLED[d] for i, d in enumerate(plain)), initial=0))
    for end in range(shortest, len(plain) + 1):
        sums = odd if end % 2 == 0 else even
        total = sums[end]
        for start in range(max(0, end - _LONGEST), end - shortest + 1):
            if plain[start] and not (total - sums[start]) % 10:
                return True
    return False
