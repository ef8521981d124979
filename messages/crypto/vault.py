"""Card data at rest: a keyed hash to find a card by, and sealed boxes for what a reversal needs.

A nonce is the caller's number, used once for one key: the core has no chance of its own, and its
attempt numbers never repeat.
"""

from __future__ import annotations

import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
"""AES-256 for boxes; as many bytes for the hash key."""
CARD_HASH_BYTES: Final = 16
"""128 bits of HMAC-SHA-256 (a keyed hash of the whole PAN, PCI DSS 3.5.1.1)."""
_NONCE_BYTES: Final = 12


class SealError(ValueError):
    """A box cannot be opened: another key, another number or purpose, or changed bytes."""


class Vault:
    """The data key and the hash key of one installation; neither is ever shown."""

    __slots__ = ("_boxes", "_hash_key")

    def __init__(self, data_key: bytes, hash_key: bytes) -> None:
        """Take 32 bytes each; ValueError otherwise."""
        if len(data_key) != KEY_BYTES or len(hash_key) != KEY_BYTES:
            raise ValueError(f"a data key and a hash key have {KEY_BYTES} bytes each")
        self._boxes = AESGCM(data_key)
        self._hash_key = hash_key

    def __repr__(self) -> str:
        return "Vault()"

    def __reduce__(self) -> str:
        raise TypeError("a vault is never pickled")

    def has_keys_of(self, other: Vault) -> bool:
        """Tell whether two vaults find the same cards and open each other's boxes."""
        probe = "0"
        try:
            other.open(self.seal(b"", 0, b"probe"), 0, b"probe")
        except SealError:
            return False
        return hmac.compare_digest(self.card_hash(probe), other.card_hash(probe))

    def card_hash(self, pan: str) -> bytes:
        """Return the 16 bytes by which the ledger knows the card."""
        return hmac.digest(self._hash_key, pan.encode("ascii"), "sha256")[:CARD_HASH_BYTES]

    def seal(self, plain: bytes, number: int, purpose: bytes) -> bytes:
        """Return `plain` sealed under `number` (unique for this key), bound to `purpose`."""
        return self._boxes.encrypt(number.to_bytes(_NONCE_BYTES, "big"), plain, purpose)

    def open(self, box: bytes, number: int, purpose: bytes) -> bytes:
        """Return what `seal` was given; SealError when box, number or purpose is not the same."""
        try:
            return self._boxes.decrypt(number.to_bytes(_NONCE_BYTES, "big"), box, purpose)
        except InvalidTag:
            raise SealError("the sealed data cannot be opened with this key") from None
