"""Keys at rest: boxes under the local master key of one installation.

AES-256-SIV (RFC 5297) was made for this: it needs no nonce, so nothing can reuse one, and a box is
bound to its name, so that two boxes cannot be swapped in a file.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from messages.crypto.ciphers import Unpicklable

MASTER_KEY_BYTES: Final = 64
"""Two AES-256 keys: one authenticates, one encrypts."""


class WrapError(ValueError):
    """A box does not open: another master key, another name, or changed bytes."""


class MasterKey(Unpicklable):
    """The local master key; it is never shown and protects every other key on disk."""

    __slots__ = ("_boxes",)

    def __init__(self, key: bytes) -> None:
        """Take 64 bytes; ValueError otherwise."""
        if len(key) != MASTER_KEY_BYTES:
            raise ValueError(f"a local master key has {MASTER_KEY_BYTES} bytes, not {len(key)}")
        self._boxes = AESSIV(key)

    def __repr__(self) -> str:
        return "MasterKey()"

    def wrap(self, key: bytes, name: str) -> bytes:
        """Return `key` (one byte or more) in a box that opens under `name` only."""
        return self._boxes.encrypt(key, [name.encode()])

    def unwrap(self, box: bytes, name: str) -> bytes:
        """Return what was wrapped under `name`; WrapError otherwise."""
        try:
            return self._boxes.decrypt(box, [name.encode()])
        except (InvalidTag, ValueError):
            raise WrapError(f"{name}: the box does not open under this master key") from None
