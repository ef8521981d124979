"""Block ciphers of the messages room: 3DES (single DES as its special case) and SM4.

The only importer of the `cryptography` package. Making a context costs ten times one block,
so each key keeps its contexts; one that has seen an exception is dropped and made anew.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final, NoReturn

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

BytesLike = bytes | bytearray | memoryview
"""Message bytes as their owner has them; nothing here keeps or changes them."""

Update = Callable[[bytes], bytes]
"""The `update` of one cipher context: whole blocks in, as many blocks out."""


class Algorithm(StrEnum):
    """The block ciphers of the trade (DE 53 digit 2: 0 and 6 are 3DES here, 3 is SM4)."""

    TDES = "3des"
    SM4 = "sm4"

    @property
    def block_size(self) -> int:
        """The block in bytes: 8 or 16."""
        return _BLOCK_SIZES[self]

    @property
    def key_sizes(self) -> tuple[int, ...]:
        """The key lengths in bytes: 8 (single DES) or 16 for 3DES, 16 for SM4."""
        return _KEY_SIZES[self]


_BLOCK_SIZES: Final = {Algorithm.TDES: 8, Algorithm.SM4: 16}
_KEY_SIZES: Final = {Algorithm.TDES: (8, 16), Algorithm.SM4: (16,)}


class Unpicklable:
    """Something that holds a key: pickling or deep-copying it raises TypeError."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse: a pickle would hold the key in clear."""
        msg = f"a {type(self).__name__} holds a key and cannot be pickled"
        raise TypeError(msg)


class BlockCipher(Unpicklable):
    """ECB under one key; each of the two contexts is made at its first use and kept."""

    __slots__ = ("_algorithm", "_decrypt", "_encrypt", "_key", "block_size")

    def __init__(self, algorithm: Algorithm, key: bytes) -> None:
        """Take a key of one of `algorithm.key_sizes`."""
        self._algorithm = algorithm
        self._key = key
        self.block_size = algorithm.block_size
        self._encrypt: Update | None = None
        self._decrypt: Update | None = None

    def encrypt(self, blocks: bytes) -> bytes:
        """Encrypt whole blocks; ValueError for anything else."""
        if len(blocks) % self.block_size:
            raise ValueError(_NOT_WHOLE_BLOCKS)
        update = self._encrypt
        if update is None:
            update = self._encrypt = self._cipher().encryptor().update
        try:
            return update(blocks)
        except BaseException:
            self._encrypt = None
            raise

    def decrypt(self, blocks: bytes) -> bytes:
        """Decrypt whole blocks; ValueError for anything else."""
        if len(blocks) % self.block_size:
            raise ValueError(_NOT_WHOLE_BLOCKS)
        update = self._decrypt
        if update is None:
            update = self._decrypt = self._cipher().decryptor().update
        try:
            return update(blocks)
        except BaseException:
            self._decrypt = None
            raise

    def _cipher(self) -> Cipher[ECB]:
        return Cipher(_keyed(self._algorithm, self._key), ECB())  # noqa: S305 - the trade's own


class CbcChain(Unpicklable):
    """The last block of CBC from a zero vector, out of one context that goes on for ever.

    A context continues from its last ciphertext block; xor-ing that block into the next first
    one makes it start from zero again. So a chain has state and belongs to one thread.
    """

    __slots__ = ("_algorithm", "_block_size", "_key", "_previous", "_update")

    _previous: int
    _update: Update

    def __init__(self, algorithm: Algorithm, key: bytes) -> None:
        """Take a key of one of `algorithm.key_sizes`."""
        self._algorithm = algorithm
        self._key = key
        self._block_size = algorithm.block_size
        self._restart()

    def last_block(self, text: BytesLike, size: int) -> bytes:
        """Return the last block over `text`, zero-padded on its right to `size` bytes.

        `size` is one or more whole blocks, not shorter than `text`.
        """
        try:
            # Little-endian puts the first block at the low end and the padding at the high end.
            chained = int.from_bytes(text, "little") ^ self._previous
            last = self._update(chained.to_bytes(size, "little"))[-self._block_size :]
            self._previous = int.from_bytes(last, "little")
        except BaseException:
            self._restart()
            raise
        return last

    def _restart(self) -> None:
        mode = CBC(bytes(self._block_size))
        self._update = Cipher(_keyed(self._algorithm, self._key), mode).encryptor().update
        self._previous = 0


_NOT_WHOLE_BLOCKS: Final = "only whole blocks are encrypted or decrypted"


def _keyed(algorithm: Algorithm, key: bytes) -> TripleDES | SM4:
    if algorithm is Algorithm.SM4:
        return SM4(key)
    # Always 24 bytes, as shorter keys are deprecated: K K K is single DES, K1 K2 K1 two-key 3DES.
    return TripleDES((key * 3)[:24])
