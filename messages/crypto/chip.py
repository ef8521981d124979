"""Application cryptograms of chip cards (DE 55): keys of a card, ARQC and ARPC, by EMV book 2.

Card keys by option A of annex A1.4, session keys by annex A1.3.1, cryptograms by ISO/IEC 9797-1
algorithm 3 with padding method 2, the issuer's answer by method 1. 3DES with double-length keys.
"""

from __future__ import annotations

from typing import Final

from messages.crypto.ciphers import Algorithm, BlockCipher, CbcChain
from messages.crypto.keys import Key

_BLOCK: Final = 8
_HALF: Final = 8
_DIGITS: Final = 16
"""Digits of PAN and sequence number that make a card's key."""
_LEFT: Final = 0xF0
_RIGHT: Final = 0x0F
"""What tells the halves of a session key apart."""
_MARK: Final = b"\x80"
ARQC_BYTES: Final = 8
"""Bytes of a cryptogram (9F26) and of an ARPC."""
CODE_BYTES: Final = 2
"""Bytes of the authorisation response code that an ARPC covers."""
DOUBLE_LENGTH: Final = 16


class ChipKey(Key):
    """An issuer's master key for the cryptograms of its cards, 16 bytes."""

    __slots__ = ()
    role = "chip master key"

    def card(self, pan: str, sequence: str) -> CardKey:
        """Return the key of one card (DE 2 and two digits of DE 23); ValueError where it is short.

        The key is that of the 16 rightmost digits of both together.
        """
        if self.length != DOUBLE_LENGTH:
            raise ValueError("a chip master key has 16 bytes")
        digits = bytes.fromhex((pan + sequence)[-_DIGITS:].zfill(_DIGITS))
        inverse = bytes(byte ^ 0xFF for byte in digits)
        return CardKey(_odd(self.cipher.encrypt(digits + inverse)))


class CardKey(Key):
    """The key of one card, 16 bytes."""

    __slots__ = ()
    role = "card key"

    def arqc(self, counter: bytes, covered: bytes) -> bytes:
        """Return the cryptogram of a transaction (9F26) over its data; `counter` is 9F36."""
        left, whole = self._session(counter)
        text = covered + _MARK
        size = -(-len(text) // _BLOCK) * _BLOCK
        cut = size - _BLOCK
        block = int.from_bytes(text[cut:].ljust(_BLOCK, b"\0"))
        if cut:
            block ^= int.from_bytes(left.last_block(text[:cut], cut))
        return whole.encrypt(block.to_bytes(_BLOCK))

    def arpc(self, counter: bytes, arqc: bytes, code: bytes) -> bytes:
        """Return the issuer's cryptogram over the card's and the two characters of DE 39."""
        if len(code) != CODE_BYTES or len(arqc) != ARQC_BYTES:
            raise ValueError("an ARPC covers a cryptogram of 8 bytes and a code of 2")
        _, whole = self._session(counter)
        block = int.from_bytes(arqc) ^ int.from_bytes(code.ljust(_BLOCK, b"\0"))
        return whole.encrypt(block.to_bytes(_BLOCK))

    def _session(self, counter: bytes) -> tuple[CbcChain, BlockCipher]:
        """Return the ciphers of one transaction: the left half in a chain, the whole key."""
        if len(counter) != CODE_BYTES:
            raise ValueError("a transaction counter has 2 bytes")
        rest = bytes(_BLOCK - CODE_BYTES - 1)
        session = _odd(
            self.cipher.encrypt(counter + bytes([_LEFT]) + rest)
            + self.cipher.encrypt(counter + bytes([_RIGHT]) + rest)
        )
        return (
            CbcChain(Algorithm.TDES, session[:_HALF]),
            BlockCipher(Algorithm.TDES, session),
        )


def _odd(key: bytes) -> bytes:
    """Return a key whose bytes have odd parity, as derived keys do."""
    return bytes(byte if byte.bit_count() % 2 else byte ^ 1 for byte in key)
