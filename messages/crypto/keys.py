"""Keys with a role, their check values, and the key layouts of field 62.

A key shows its role, length and check value (KCV) wherever it is printed; its bytes leave
only through `reveal`, and it cannot be pickled. There is no key store in this room.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum
from hmac import compare_digest
from typing import ClassVar, Final, NoReturn, Self, TypeVar

import msgspec

from messages.crypto.ciphers import Algorithm, BlockCipher, CbcChain, Unpicklable

KCV_LENGTH: Final = 4
"""Bytes of a check value on the wire."""
_SINGLE: Final = 8
_DOUBLE: Final = 16
_HEX: Final = re.compile("(?:[0-9A-Fa-f]{2})+")
_COMPONENTS: Final = (2, 3)


class Key(Unpicklable):
    """A clear key for one use; the subclass is its role."""

    __slots__ = ("_key", "algorithm", "cipher")
    role: ClassVar[str] = "key"
    algorithm: Algorithm
    cipher: BlockCipher

    def __init__(self, key: bytes, algorithm: Algorithm = Algorithm.TDES) -> None:
        """Keep 8 or 16 bytes for 3DES, 16 for SM4; ValueError otherwise. Parity is not asked."""
        if len(key) not in algorithm.key_sizes:
            lengths = " or ".join(map(str, algorithm.key_sizes))
            msg = f"a {self.role} for {algorithm} has {lengths} bytes, not {len(key)}"
            raise ValueError(msg)
        self._key = bytes(key)
        self.algorithm = algorithm
        self.cipher = BlockCipher(algorithm, self._key)

    @classmethod
    def from_hex(cls, text: str, algorithm: Algorithm = Algorithm.TDES) -> Self:
        """Read hexadecimal digits; ValueError, which never quotes them, otherwise."""
        return cls(_bytes_of(text), algorithm)

    @classmethod
    def from_components(cls, parts: Sequence[str], algorithm: Algorithm = Algorithm.TDES) -> Self:
        """Xor the two or three hexadecimal parts that their holders typed; ValueError otherwise."""
        if len(parts) not in _COMPONENTS:
            msg = f"a key has two or three components, not {len(parts)}"
            raise ValueError(msg)
        components = [_bytes_of(part) for part in parts]
        length = len(components[0])
        if any(len(component) != length for component in components):
            msg = "the components of a key have one length"
            raise ValueError(msg)
        total = 0
        for component in components:
            total ^= int.from_bytes(component)
        if not total:
            msg = "the components cancel each other out"
            raise ValueError(msg)
        return cls(total.to_bytes(length), algorithm)

    @property
    def length(self) -> int:
        """The length in bytes."""
        return len(self._key)

    def kcv(self) -> bytes:
        """Return the check value: the first 4 bytes of one encrypted block of zeros."""
        return self.cipher.encrypt(bytes(self.cipher.block_size))[:KCV_LENGTH]

    def has_odd_parity(self) -> bool:
        """Tell whether every byte has an odd number of ones; it says nothing of an SM4 key."""
        return all(byte.bit_count() % 2 for byte in self._key)

    def chain(self) -> CbcChain:
        """Make a CBC chain of its own under this key."""
        return CbcChain(self.algorithm, self._key)

    def reveal(self) -> bytes:
        """Return the clear key: for whoever must store or split it, never for a person."""
        return self._key

    def __repr__(self) -> str:
        """Return role, algorithm, length and check value."""
        kcv = self.kcv().hex().upper()
        return f"{type(self).__name__}({self.algorithm}, {self.length} bytes, KCV {kcv})"

    def __eq__(self, other: object) -> bool:
        """Compare role, algorithm and, in constant time, the bytes."""
        if not isinstance(other, Key):
            return NotImplemented
        alike = type(self) is type(other) and self.algorithm is other.algorithm
        return alike and compare_digest(self._key, other._key)

    def __hash__(self) -> int:
        """Hash role, algorithm and bytes."""
        return hash((type(self), self.algorithm, self._key))

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute once: a key never changes."""
        if hasattr(self, name):
            msg = "a key is immutable"
            raise AttributeError(msg)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> NoReturn:
        """Refuse: a key never changes."""
        msg = "a key is immutable"
        raise AttributeError(msg)

    def __copy__(self) -> Self:
        """Return itself: it never changes."""
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return itself: it never changes."""
        return self


class Pik(Key):
    """A PIN key 个人密钥 (DE 52), of a terminal or of a zone."""

    __slots__ = ()
    role = "PIK"


class Mak(Key):
    """A MAC key (DE 64, DE 128), of a terminal or of a zone."""

    __slots__ = ()
    role = "MAK"


class Tdk(Key):
    """A track key 磁道密钥 (DE 35, DE 36) of a terminal."""

    __slots__ = ()
    role = "TDK"


K = TypeVar("K", bound=Pik | Mak | Tdk)


class KeyEncryptingKey(Key):
    """A key that protects working keys of its own algorithm, ECB without a header."""

    __slots__ = ()
    role = "KEK"

    def wrap(self, key: Pik | Mak | Tdk) -> bytes:
        """Encrypt a working key; ValueError when it is of another algorithm."""
        if key.algorithm is not self.algorithm:
            msg = f"a {self.role} for {self.algorithm} does not wrap a key for {key.algorithm}"
            raise ValueError(msg)
        return self.cipher.encrypt(key.reveal())

    def unwrap(self, kind: type[K], wrapped: bytes) -> K:
        """Decrypt a working key; ValueError for a length that is no key's."""
        return kind(self.cipher.decrypt(wrapped), self.algorithm)


class Tmk(KeyEncryptingKey):
    """A terminal master key 终端主密钥."""

    __slots__ = ()
    role = "TMK"


class Zmk(KeyEncryptingKey):
    """A zone master key, between the switch and a bank."""

    __slots__ = ()
    role = "ZMK"


class WorkingKeys(msgspec.Struct, frozen=True):
    """The working keys of one sign-on; `tdk` is None where tracks stay clear."""

    pik: Pik
    mak: Mak
    tdk: Tdk | None = None


class KeyLayout(IntEnum):
    """The layouts of field 62 by their length in bytes; each key is followed by its KCV.

    The 84 bytes that one profile allows as the field's maximum are not a layout.
    """

    SINGLE = 24
    """60.3 = 001: PIK 8, MAK 8."""
    DOUBLE = 40
    """60.3 = 003: PIK 16, MAK 16; a MAK of 8 bytes is followed by 8 zero bytes."""
    DOUBLE_WITH_TRACK = 60
    """60.3 = 004: the 40 bytes and TDK 16."""


class KeyCheckError(ValueError):
    """Unwrapped keys do not give the check values sent with them; no key is returned.

    `which` names their roles: all of them speak for a wrong TMK, one for a damaged field.
    """

    def __init__(self, which: tuple[str, ...]) -> None:
        """Keep the roles."""
        self.which = which
        super().__init__(f"the check value differs for {', '.join(which)}")


def unwrap_field_62(tmk: Tmk, content: bytes) -> WorkingKeys:
    """Return the keys in `content` (DE 62 of an 0810), all of them proved by their check values.

    In the 16 bytes for a MAK, a right half of zeros means an 8-byte key; otherwise all 16 count.
    ValueError for a length that is no layout; KeyCheckError when a check value differs.
    """
    try:
        layout = KeyLayout(len(content))
    except ValueError:
        lengths = ", ".join(str(int(known)) for known in KeyLayout)
        msg = f"field 62 with keys has {lengths} bytes, not {len(content)}"
        raise ValueError(msg) from None
    width = _SINGLE if layout is KeyLayout.SINGLE else _DOUBLE
    slots = [
        (content[at : at + width], content[at + width : at + width + KCV_LENGTH])
        for at in range(0, len(content), width + KCV_LENGTH)
    ]
    wrapped_mak = slots[1][0]
    if tmk.algorithm is Algorithm.TDES and not any(wrapped_mak[_SINGLE:]):
        wrapped_mak = wrapped_mak[:_SINGLE]
    keys = WorkingKeys(
        tmk.unwrap(Pik, slots[0][0]),
        tmk.unwrap(Mak, wrapped_mak),
        tmk.unwrap(Tdk, slots[2][0]) if layout is KeyLayout.DOUBLE_WITH_TRACK else None,
    )
    present = [key for key in (keys.pik, keys.mak, keys.tdk) if key is not None]
    wrong = tuple(
        key.role
        for key, (_, kcv) in zip(present, slots, strict=True)
        if not compare_digest(key.kcv(), kcv)
    )
    if wrong:
        raise KeyCheckError(wrong)
    return keys


def wrap_field_62(
    tmk: Tmk, pik: Pik, mak: Mak, tdk: Tdk | None = None, layout: KeyLayout | None = None
) -> bytes:
    """Return DE 62 of an 0810 that carries these keys; without `layout`, the one that fits them.

    ValueError when a key does not fill its place (only a MAK may be shorter), or a TDK is
    missing or too many.
    """
    if layout is None:
        layout = _layout_for(pik, tdk)
    if (tdk is not None) is not (layout is KeyLayout.DOUBLE_WITH_TRACK):
        msg = f"a TDK belongs in {int(KeyLayout.DOUBLE_WITH_TRACK)} bytes and only there"
        raise ValueError(msg)
    width = _SINGLE if layout is KeyLayout.SINGLE else _DOUBLE
    content = b""
    for key in (pik, mak, tdk):
        if key is None:
            continue
        if key.length > width or (key.length < width and not isinstance(key, Mak)):
            msg = f"a {key.role} of {key.length} bytes does not fit {int(layout)} bytes"
            raise ValueError(msg)
        content += tmk.wrap(key).ljust(width, b"\0") + key.kcv()
    return content


def _layout_for(pik: Pik, tdk: Tdk | None) -> KeyLayout:
    if tdk is not None:
        return KeyLayout.DOUBLE_WITH_TRACK
    return KeyLayout.SINGLE if pik.length == _SINGLE else KeyLayout.DOUBLE


def _bytes_of(text: str) -> bytes:
    if not _HEX.fullmatch(text):
        msg = "a key is typed as pairs of hexadecimal digits"
        raise ValueError(msg)
    return bytes.fromhex(text)
