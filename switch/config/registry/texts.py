"""Free texts that people give (switch/config): one line that can be seen, and no card's number.

What is written once into a history is shown for ever, so it is looked at before.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from messages.masking import mask_numbers

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of characters that move the cursor, turn the text round, or are no characters."""

_GAP: Final = "[ \\-\u2010-\u2015]"
_GROUPED: Final = re.compile(
    rf"(?<!\d)(?:\d{{4}}(?:{_GAP}\d{{4}}){{2,3}}(?:{_GAP}\d{{1,4}})?|\d{{6}}{_GAP}\d{{7,13}})(?!\d)"
)
"""Digits as they stand on cards: in groups of four, or what names the bank before the rest."""


def one_line(text: str) -> str:
    """Return a text as it is; ValueError where it has characters that cannot be seen."""
    if any(unicodedata.category(each) in _UNSEEN for each in text):
        raise ValueError("should be one line, without control characters")
    return text


def no_card(text: str) -> str:
    """Return a text as it is; ValueError where digits in it could be a whole card number."""
    digits = unicodedata.normalize("NFKC", text)
    grouped = (re.sub(_GAP, "", found[0]) for found in _GROUPED.finditer(digits))
    if any(mask_numbers(each) != each for each in (digits, *grouped)):
        raise ValueError("could hold a whole card number, which is never kept in clear")
    return text
