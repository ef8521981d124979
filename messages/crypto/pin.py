"""What DE 53 describes: PIN blocks (DE 52) and encrypted track segments (DE 35, DE 36).

The clear PIN block never leaves a function of this module, and no error holds any of it.
Blocks are ISO 9564 format 0, with or without the PAN, under a PIK.
"""

from __future__ import annotations

import re
from typing import Final

from messages.crypto.ciphers import Algorithm
from messages.crypto.keys import Pik, Tdk

_MIN_PIN: Final = 4
_MAX_PIN: Final = 12
_MIN_PAN: Final = 13
"""Twelve digits and the check digit."""
_NARROW: Final = Algorithm.TDES.block_size
"""The longest PIN leaves fill in a block of 8 bytes, so a wider block adds nothing but fill."""
_MIN_TRACK: Final = 9
_SEGMENT: Final = slice(-9, -1)
"""The bytes of a packed track that are encrypted."""


class PinBlockError(ValueError):
    """A PIN block cannot be made or read; `reason` names the broken rule, never the content."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        self.reason = reason
        super().__init__(f"PIN block: {reason}")


def encode_pin_block(pin: str, pan: str | None, pik: Pik) -> bytes:
    """Return `pin` (4 to 12 digits) as a format 0 block under `pik`; PinBlockError otherwise.

    `pan` None makes the form without PAN (DE 53 digit 1 = 1). An SM4 key makes 16 bytes: the
    same two fields twice as wide, the PIN at the left end and the PAN digits at the right. That
    is a choice of this project's profile: no public text fixes the SM4 form.
    """
    if not _MIN_PIN <= len(pin) <= _MAX_PIN or not (pin.isascii() and pin.isdigit()):
        reason = f"a PIN is {_MIN_PIN} to {_MAX_PIN} digits"
        raise PinBlockError(reason)
    return pik.cipher.encrypt(clear_pin_block(pin, pan, pik.cipher.block_size))


def clear_pin_block(pin: str, pan: str | None, size: int) -> bytes:
    """Return what `encode_pin_block` encrypts: for simulators, which type one PIN ever again."""
    return _bound(bytes.fromhex(f"0{len(pin):x}{pin}".ljust(2 * size, "f")), pan)


def decode_pin_block(block: bytes, pan: str | None, pik: Pik) -> str:
    """Return the clear PIN of a block under `pik`: for simulated issuers and the bench.

    PinBlockError when `block` has another length or is no format 0 block for this PAN.
    """
    field = _bound(_decrypted(block, pik), pan)
    _prove(field)
    return field.hex()[2 : 2 + field[0]]


def translate(
    block: bytes, from_pik: Pik, to_pik: Pik, from_pan: str | None, to_pan: str | None
) -> bytes:
    """Return the PIN of `block` under another key, and for another PAN or form where asked.

    PinBlockError when `block` is no format 0 block for `from_pan` under `from_pik`.
    """
    clear = _decrypted(block, from_pik)
    field = _bound(clear, from_pan)
    _prove(field)
    size = to_pik.cipher.block_size
    if from_pan != to_pan or len(clear) != size:
        clear = _bound(field[:_NARROW].ljust(size, b"\xff"), to_pan)
    return to_pik.cipher.encrypt(clear)


def encrypt_track_segment(track: bytes, tdk: Tdk) -> bytes:
    """Return a packed track (DE 35, DE 36) with its 8 bytes before the last one encrypted.

    ValueError for fewer than 9 bytes or a key that is not for 3DES.
    """
    return _with_segment(track, tdk.cipher.encrypt(_segment(track, tdk)))


def decrypt_track_segment(track: bytes, tdk: Tdk) -> bytes:
    """Return a packed track in clear again; errors as in `encrypt_track_segment`."""
    return _with_segment(track, tdk.cipher.decrypt(_segment(track, tdk)))


def _field_pattern(size: int) -> re.Pattern[bytes]:
    """Return what a PIN field of `size` bytes is: 0, length, that many digits, fill F."""
    pair = b"[" + b"".join(b"\\x%d0-\\x%d9" % (tens, tens) for tens in range(10)) + b"]"
    last = b"[" + b"".join(b"\\x%df" % digit for digit in range(10)) + b"]"
    fields = []
    for length in range(_MIN_PIN, _MAX_PIN + 1):
        pairs, odd = divmod(length, 2)
        fill = size - 1 - pairs - odd
        fields.append(b"\\x%02x%b{%d}%b\\xff{%d}" % (length, pair, pairs, last * odd, fill))
    return re.compile(b"|".join(fields))


_IS_FIELD: Final = {
    size: _field_pattern(size).fullmatch
    for size in (algorithm.block_size for algorithm in Algorithm)
}


def _prove(field: bytes) -> None:
    """Raise PinBlockError unless every nibble of a clear PIN field is right."""
    if _IS_FIELD[len(field)](field) is None:
        raise PinBlockError(_what_is_wrong(field))


def _what_is_wrong(field: bytes) -> str:
    if field[0] >> 4:
        return "the control nibble is not 0"
    if not _MIN_PIN <= field[0] <= _MAX_PIN:
        return f"the PIN length is not {_MIN_PIN} to {_MAX_PIN}"
    if not field.hex()[2 : 2 + field[0]].isdigit():
        return "a PIN nibble is not a digit"
    return "the fill is not F"


def _bound(field: bytes, pan: str | None) -> bytes:
    """Xor a PIN field with the PAN field, which binds it to the PAN and frees it again."""
    if pan is None:
        return field
    # Only decimal digits: an error of int() would quote the PAN.
    if len(pan) < _MIN_PAN or not pan.isdecimal():
        reason = f"it is bound to a PAN of at least {_MIN_PAN} digits"
        raise PinBlockError(reason)
    return (int.from_bytes(field) ^ int(pan[-13:-1], 16)).to_bytes(len(field))


def _decrypted(block: bytes, pik: Pik) -> bytes:
    size = pik.cipher.block_size
    if len(block) != size:
        reason = f"it has {len(block)} bytes, not {size}"
        raise PinBlockError(reason)
    return pik.cipher.decrypt(block)


def _segment(track: bytes, tdk: Tdk) -> bytes:
    if len(track) < _MIN_TRACK or tdk.algorithm is not Algorithm.TDES:
        msg = f"a track of at least {_MIN_TRACK} bytes is encrypted, under a 3DES key"
        raise ValueError(msg)
    return track[_SEGMENT]


def _with_segment(track: bytes, segment: bytes) -> bytes:
    return track[: _SEGMENT.start] + segment + track[_SEGMENT.stop :]
