"""Message authentication codes: POS "ECB", X9.9, X9.19 and the SM4 form (DE 64, DE 128).

A MAC object is made once per key and belongs to one thread. Which bytes it covers (the MAB)
is the dialect's business; `interbank_mab` cleans the elements that a dialect chose.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from binascii import hexlify
from collections.abc import Mapping, Sequence
from enum import StrEnum
from hmac import compare_digest
from types import MappingProxyType
from typing import ClassVar, Final

from messages.crypto.ciphers import Algorithm, BytesLike, CbcChain
from messages.crypto.keys import Mak

_MAC_SIZE: Final = 8
"""DE 64 and DE 128 are b64."""
_SINGLE: Final = 8
_DOUBLE: Final = 16
_SHORT: Final = 256
"""Bytes of a MAB up to which folding by halves of 1024 bits and less is all."""
_SINGLE_MASK: Final = (1 << 64) - 1
_FOLD_BITS: Final = 1024
_FOLD_MASK: Final = (1 << _FOLD_BITS) - 1
_FOLD_DOUBLE: Final = 2 * _FOLD_BITS // 8
"""Bytes that two halves of so many bits have: longer than most messages."""
_FOLD_PIECE: Final = 1024
"""Bytes taken at once from an absurdly long MAB, so that its fold stays linear."""


class Padding(StrEnum):
    """What fills the last block of a MAB; a MAB of whole blocks gets none."""

    ZERO = "zero"
    SPACE = "space"


class MacForm(StrEnum):
    """How the code stands in DE 64 or DE 128."""

    HEX = "hex"
    """The first 4 bytes as 8 upper-case hexadecimal characters."""
    RAW = "raw"
    """The first 8 bytes."""


def fold(mab: BytesLike, block_size: int = 8) -> bytes:
    """Return the xor of all blocks of `mab`, zero-padded: RB of the POS MAC."""
    # As little-endian numbers the blocks lie at fixed places and the padding comes by itself.
    if len(mab) <= _FOLD_PIECE:
        total = int.from_bytes(mab, "little")
    else:
        total = 0
        for at in range(0, len(mab), _FOLD_PIECE):
            total ^= int.from_bytes(mab[at : at + _FOLD_PIECE], "little")
    if len(mab) > _FOLD_DOUBLE:
        while total >> _FOLD_BITS:
            total = (total & _FOLD_MASK) ^ (total >> _FOLD_BITS)
    else:
        # What is above the half that is folded next never comes down to the last block.
        total ^= total >> 1024
    total ^= total >> 512
    total ^= total >> 256
    total ^= total >> 128
    if block_size == _SINGLE:
        total ^= total >> 64
    return (total & ((1 << 8 * block_size) - 1)).to_bytes(block_size, "little")


class MacAlgorithm(ABC):
    """One algorithm under one MAK."""

    __slots__ = ("_block_size", "_chain", "_cipher", "_is_hex", "_pads_with_space")
    name: ClassVar[str]
    """What dialect data calls it."""
    algorithm: ClassVar[Algorithm] = Algorithm.TDES
    key_lengths: ClassVar[tuple[int, ...]]
    """Lengths in bytes of the MAK that it takes."""

    def __init__(
        self, mak: Mak, *, padding: Padding = Padding.ZERO, form: MacForm = MacForm.HEX
    ) -> None:
        """Prepare the contexts; ValueError when the key is not one for this algorithm."""
        if mak.algorithm is not self.algorithm or mak.length not in self.key_lengths:
            wanted = f"{self.algorithm} MAK of {' or '.join(map(str, self.key_lengths))} bytes"
            msg = f"{self.name} takes a {wanted}, not {mak.algorithm} of {mak.length}"
            raise ValueError(msg)
        self._block_size = mak.algorithm.block_size
        self._pads_with_space = padding is Padding.SPACE
        self._is_hex = form is MacForm.HEX
        self._cipher = mak.cipher
        self._chain = self._chain_for(mak)

    def compute(self, mab: BytesLike) -> bytes:
        """Return the 8 content bytes of DE 64 or DE 128."""
        if self._pads_with_space and (len(mab) % self._block_size or not mab):
            mab = self._space_padded(mab)
        block = self._last_block(mab)
        return hexlify(block[:4]).upper() if self._is_hex else block[:_MAC_SIZE]

    def verify(self, mab: BytesLike, mac: BytesLike) -> bool:
        """Tell in constant time whether `mac`, as it stands on the wire, is that of `mab`."""
        return compare_digest(self.compute(mab), mac)

    def trace(self, mab: BytesLike) -> dict[str, str]:
        """Return the steps by name as upper-case hexadecimal, in order, for people at a bench.

        The last, `MAC`, is the content of the field: its characters, or hexadecimal when raw.
        """
        steps = self._steps(self._space_padded(mab) if self._pads_with_space else mab)
        shown = {step: block.hex().upper() for step, block in steps.items()}
        mac = self.compute(mab)
        shown["MAC"] = mac.decode() if self._is_hex else mac.hex().upper()
        return shown

    def _chain_for(self, mak: Mak) -> CbcChain:
        return mak.chain()

    @abstractmethod
    def _last_block(self, mab: BytesLike) -> bytes: ...

    @abstractmethod
    def _steps(self, mab: BytesLike) -> dict[str, bytes]: ...

    def _space_padded(self, mab: BytesLike) -> bytes:
        return bytes(mab).ljust(self._padded_size(mab), b" ")

    def _padded_size(self, mab: BytesLike) -> int:
        size = self._block_size
        return -(-len(mab) // size) * size or size


class PosEcbMac(MacAlgorithm):
    """The UnionPay POS MAC "ECB": the fold's hexadecimal characters, encrypted in two blocks.

    DES for a MAK of 8 bytes, 3DES for 16. RB is the fold, E1 = E(left characters),
    T = E1 xor right characters, E2 = E(T).
    """

    __slots__ = ()
    name = "pos-ecb"
    key_lengths = Algorithm.TDES.key_sizes

    def compute(self, mab: BytesLike) -> bytes:
        """Return the 8 content bytes of DE 64; the same as in general, in one go for DES."""
        if len(mab) > _SHORT or self._pads_with_space or self._block_size != _SINGLE:
            return super().compute(mab)
        # `fold` for a message of a usual size: every call and every copy counts here.
        total = int.from_bytes(mab, "little")
        total ^= total >> 1024
        total ^= total >> 512
        total ^= total >> 256
        total ^= total >> 128
        total = (total ^ (total >> 64)) & _SINGLE_MASK
        characters = hexlify(total.to_bytes(_SINGLE, "little")).upper()
        block = self._chain.last_block(characters, _DOUBLE)
        return hexlify(block[:4]).upper() if self._is_hex else block

    def _last_block(self, mab: BytesLike) -> bytes:
        # E(E(left) xor right) is CBC over both halves: one call instead of two.
        size = self._block_size
        return self._chain.last_block(hexlify(fold(mab, size)).upper(), 2 * size)

    def _steps(self, mab: BytesLike) -> dict[str, bytes]:
        size = self._block_size
        rb = fold(mab, size)
        characters = rb.hex().upper().encode()
        e1 = self._cipher.encrypt(characters[:size])
        t = _xor(e1, characters[size:])
        return {"RB": rb, "E1": e1, "T": t, "E2": self._cipher.encrypt(t)}


class Sm4EcbMac(PosEcbMac):
    """The POS MAC with SM4: blocks of 16 bytes, 32 hexadecimal characters."""

    __slots__ = ()
    name = "sm4-ecb"
    algorithm = Algorithm.SM4
    key_lengths = Algorithm.SM4.key_sizes


class X99Mac(MacAlgorithm):
    """X9.9: the last block of DES-CBC (ISO/IEC 9797-1 algorithm 1) under a MAK of 8 bytes."""

    __slots__ = ()
    name = "x9.9"
    key_lengths = (_SINGLE,)

    def _last_block(self, mab: BytesLike) -> bytes:
        return self._chain.last_block(mab, self._padded_size(mab))

    def _steps(self, mab: BytesLike) -> dict[str, bytes]:
        return {"CBC": self._last_block(mab)}


class X919Mac(MacAlgorithm):
    """X9.19, the retail MAC (ISO/IEC 9797-1 algorithm 3) under a MAK of 16 bytes.

    DES-CBC under the left half; the last block is 3DES under both.
    """

    __slots__ = ()
    name = "x9.19"
    key_lengths = (_DOUBLE,)

    def _chain_for(self, mak: Mak) -> CbcChain:
        return Mak(mak.reveal()[:_SINGLE]).chain()

    def _last_block(self, mab: BytesLike) -> bytes:
        # The last block has one byte at least, unless there is none at all.
        cut = (len(mab) - 1) // _SINGLE * _SINGLE if mab else 0
        block = int.from_bytes(mab[cut:], "little")
        if cut:
            block ^= int.from_bytes(self._chain.last_block(mab[:cut], cut), "little")
        return self._cipher.encrypt(block.to_bytes(_SINGLE, "little"))

    def _steps(self, mab: BytesLike) -> dict[str, bytes]:
        cbc = self._chain.last_block(mab, self._padded_size(mab))
        return {"CBC": cbc, "E": self._last_block(mab)}


MAC_ALGORITHMS: Final[Mapping[str, type[MacAlgorithm]]] = MappingProxyType(
    {kind.name: kind for kind in (PosEcbMac, X99Mac, X919Mac, Sm4EcbMac)}
)
"""The algorithms by the name that dialect data gives them."""


def make_mac(
    name: str, mak: Mak, *, padding: Padding = Padding.ZERO, form: MacForm = MacForm.HEX
) -> MacAlgorithm:
    """Make the algorithm called `name` under `mak`; ValueError for an unknown name or wrong key."""
    kind = MAC_ALGORITHMS.get(name)
    if kind is None:
        msg = f"no MAC algorithm {name!r}; known: {', '.join(MAC_ALGORITHMS)}"
        raise ValueError(msg)
    return kind(mak, padding=padding, form=form)


_KEPT: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789,. "
_DROPPED: Final = bytes(byte for byte in range(256) if byte not in _KEPT + _KEPT.lower())
_UPPER: Final = bytes(range(256)).upper()


def interbank_mab(elements: Sequence[str]) -> bytes:
    """Return the MAB of the interbank MAC over element texts.

    Each element comes with its length prefix, in the order of the dialect. Letters become
    upper-case; A-Z, 0-9, comma, full stop and space stay; each element is trimmed, runs of
    spaces collapse, and one space stands between elements; one left empty disappears.
    """
    return clean_mab(" ".join(elements))


def clean_mab(text: str) -> bytes:
    """Return the MAB of elements that are joined by spaces already; see `interbank_mab`."""
    mab = text.encode("ascii", "ignore").translate(_UPPER, _DROPPED)
    return b" ".join(mab.split()) if b"  " in mab else mab.strip()


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left) ^ int.from_bytes(right)).to_bytes(len(left))
