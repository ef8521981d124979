"""Stand-ins for card numbers and tracks (messages/tokens), by keyed hash: no map exists anywhere.

The same number gets the same stand-in under the same key, on whatever day. First six, last four,
length and the check digit's rule are kept; what tells one card from another is not.
"""

from __future__ import annotations

import hmac
import re
from typing import Final

from messages.values import is_luhn_valid

KEY_BYTES: Final = 32
"""A recording key is for HMAC-SHA-256."""
EXPIRY: Final = "4912"
"""The expiry of every stand-in (YYMM)."""
MOST_REMEMBERED: Final = 65_536
"""Numbers whose stand-ins are kept; beyond them they are worked out again."""
_FIRST: Final = 6
_LAST: Final = 4
_SHORTEST: Final = 13
_LONGEST: Final = 19
_TRACK: Final = re.compile(r"([0-9]{8,19})([=D])([0-9]{4})([0-9]{3})([0-9A-F=]*)\Z")
_TRACK_3: Final = re.compile(r"([0-9]{2})([0-9]{8,19})([=D])([0-9A-F=]*)\Z")
_TRACK_1: Final = re.compile(r"([A-Z]?)([0-9]{8,19})\^([^^]{2,26})\^([0-9]{4})([0-9]{3})(.*)\Z")
_CONTENT: Final = re.compile(r"[0-9A-CEF]")


class Tokens:
    """Stand-ins under one recording key, which is never shown."""

    __slots__ = ("_key", "_known")

    def __init__(self, key: bytes) -> None:
        """Take 32 bytes; ValueError otherwise."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"a recording key has {KEY_BYTES} bytes, not {len(key)}")
        self._key = key
        self._known: dict[str, str] = {}

    def __repr__(self) -> str:
        return "Tokens()"

    def __reduce__(self) -> str:
        raise TypeError("a recording key is never pickled")

    @property
    def name(self) -> str:
        """Eight hexadecimal digits that tell one key from another and give nothing away."""
        return hmac.digest(self._key, b"name", "sha256")[:4].hex()

    def pan(self, digits: str) -> str:
        """Return the stand-in of a PAN: another number that passes the Luhn check.

        Text that is no number of 13 to 19 digits becomes as many digits, none of them kept.
        """
        known = self._known.get(digits)
        if known is None:
            if len(self._known) >= MOST_REMEMBERED:
                del self._known[next(iter(self._known))]
            known = self._known[digits] = self._pan(digits)
        return known

    def _pan(self, digits: str) -> str:
        if len(digits) < 2:  # noqa: PLR2004 - one digit has no other that passes the check
            return "0" * len(digits)
        # A packed field may hold nibbles over 9, which are no digits and are never kept.
        is_whole = _SHORTEST <= len(digits) <= _LONGEST and digits.isascii() and digits.isdecimal()
        first, last = (digits[:_FIRST], digits[-_LAST:]) if is_whole else ("", "")
        middle = len(digits) - len(first) - len(last)
        turn = 0
        while True:
            drawn = self._digits(f"{turn}/{digits}", middle - 1)
            found = next(
                whole
                for digit in "0123456789"
                if is_luhn_valid(whole := f"{first}{drawn}{digit}{last}")
            )
            if found != digits:
                return found
            turn += 1

    def _digits(self, what: str, count: int) -> str:
        number = int.from_bytes(hmac.digest(self._key, what.encode(), "sha256"), "big")
        return f"{number % 10**count:0{count}d}" if count else ""

    def track(self, text: str) -> str | None:
        """Return the stand-in of track 2, 3 or 1; None where it is none (or is encrypted)."""
        if found := _TRACK.match(text):
            pan, separator, _, service, rest = found.groups()
            return self.pan(pan) + separator + EXPIRY + service + _CONTENT.sub("0", rest)
        if found := _TRACK_3.match(text):
            form, pan, separator, rest = found.groups()
            return form + self.pan(pan) + separator + _CONTENT.sub("0", rest)
        if found := _TRACK_1.match(text):
            form, pan, name, _, service, rest = found.groups()
            name = "TEST/CARD"[: len(name)].ljust(len(name))
            return f"{form}{self.pan(pan)}^{name}^{EXPIRY}{service}{'0' * len(rest)}"
        return None
