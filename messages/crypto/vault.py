"""Card data at rest: a keyed hash to find a card by, and sealed boxes for what a reversal needs.

A nonce is the caller's number, used once for one key: the core has no chance of its own, and its
attempt numbers never repeat.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
"""AES-256 for boxes; as many bytes for the hash key."""
CARD_HASH_BYTES: Final = 16
"""128 bits of HMAC-SHA-256 (a keyed hash of the whole PAN, PCI DSS 3.5.1.1)."""
_NONCE_BYTES: Final = 12
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))
"""The two pads of HMAC (RFC 2104)."""


class SealError(ValueError):
    """A box cannot be opened: another key, another number or purpose, or changed bytes."""


class Vault:
    """The data key and the hash key of one installation; neither is ever shown."""

    __slots__ = ("_boxes", "_inner", "_outer")

    def __init__(self, data_key: bytes, hash_key: bytes) -> None:
        """Take 32 bytes each; ValueError otherwise."""
        if len(data_key) != KEY_BYTES or len(hash_key) != KEY_BYTES:
            raise ValueError(f"a data key and a hash key have {KEY_BYTES} bytes each")
        self._boxes = AESGCM(data_key)
        # HMAC-SHA-256 with its two first blocks done: a card costs a third of a new HMAC.
        padded = hash_key.ljust(hashlib.sha256().block_size, b"\0")
        self._inner = hashlib.sha256(padded.translate(_INNER))
        self._outer = hashlib.sha256(padded.translate(_OUTER))

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
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(pan.encode("ascii"))
        outer.update(inner.digest())
        return outer.digest()[:CARD_HASH_BYTES]

    def seal(self, plain: bytes, number: int, purpose: bytes) -> bytes:
        """Return `plain` sealed under `number` (unique for this key), bound to `purpose`."""
        return self._boxes.encrypt(number.to_bytes(_NONCE_BYTES, "big"), plain, purpose)

    def open(self, box: bytes, number: int, purpose: bytes) -> bytes:
        """Return what `seal` was given; SealError when box, number or purpose is not the same."""
        try:
            return self._boxes.decrypt(number.to_bytes(_NONCE_BYTES, "big"), box, purpose)
        except InvalidTag:
            raise SealError("the sealed data cannot be opened with this key") from None
