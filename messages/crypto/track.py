"""Tracks under a track key (TDK): the eight bytes before the last one of the track as BCD.

DE 53 digit 3 says whether a track is encrypted so; the rest of it stays readable.
"""

from __future__ import annotations

import re
from typing import Final

from messages.crypto.keys import Tdk

_BLOCK: Final = 8
_LAST: Final = 1
"""Bytes behind the block, which may hold a pad nibble."""
_TRACK: Final = re.compile(r"[0-9]{2,19}=[0-9=]*\Z")
_CIPHER: Final = re.compile(r"[0-9A-F=]*\Z")


class TrackError(ValueError):
    """A track that is too short, holds what no track holds, or is under another key."""


def encrypt_track(text: str, tdk: Tdk) -> str:
    """Return a track (separator `=`) as it is sent under a track key; TrackError if it is none."""
    if not _TRACK.match(text):
        raise TrackError("is no track")
    return _changed(text, tdk, encrypts=True)


def decrypt_track(text: str, tdk: Tdk) -> str:
    """Return the clear track; TrackError where what comes out is none."""
    if not _CIPHER.match(text):
        raise TrackError("holds other characters than 0-9, A-F and =")
    clear = _changed(text, tdk, encrypts=False)
    if not _TRACK.match(clear):
        raise TrackError("does not decrypt to a track")
    return clear


def _changed(text: str, tdk: Tdk, *, encrypts: bool) -> str:
    digits = text.replace("=", "D")
    content = bytes.fromhex(digits + "0" * (len(digits) % 2))
    start, end = len(content) - _LAST - _BLOCK, len(content) - _LAST
    if start < 0:
        raise TrackError("is too short")
    change = tdk.cipher.encrypt if encrypts else tdk.cipher.decrypt
    changed = content[:start] + change(content[start:end]) + content[end:]
    # On the wire a nibble D is the separator, whatever it came from.
    return changed.hex().upper()[: len(digits)].replace("D", "=")
