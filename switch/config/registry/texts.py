"""Free texts that people give (switch/config): one line that can be seen, and no card's number.

What is written once into a history is shown for ever, so it is looked at before.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from messages.masking import mask_numbers

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of characters that move the cursor, turn the text round, or are no characters."""


def one_line(text: str) -> str:
    """Return a text as it is; ValueError where it has characters that cannot be seen."""
    if any(unicodedata.category(each) in _UNSEEN for each in text):
        raise ValueError("should be one line, without control characters")
    return text


def no_card(text: str) -> str:
    """Return a text as it is; ValueError where digits in it could be a whole card number."""
    digits = unicodedata.normalize("NFKC", text)
    if mask_numbers(digits) != digits:
        raise ValueError("could hold a whole card number, which is never kept in clear")
    return text
