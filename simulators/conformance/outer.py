"""What some networks put around a frame (simulators/conformance): HTTP, a block before the TPDU.

An outer frame is taken off what comes and put around what is sent; `OUTERS` has them by name, and
another one is a class with the same two methods.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, Protocol

_PREFIX: Final = 2
_MOST_HEAD: Final = 8_192
"""Bytes of an HTTP head."""
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,6})[ \t]*(?=\r\n)", re.IGNORECASE)


class Outer(Protocol):
    """One connection's outer frame."""

    def unwrap(self, data: bytes) -> bytes:
        """Return the inner bytes that these complete."""

    def wrap(self, frame: bytes) -> bytes:
        """Return a frame as it is sent."""


class Plain:
    """Nothing around it."""

    def unwrap(self, data: bytes) -> bytes:
        """Return the bytes as they are."""
        return data

    def wrap(self, frame: bytes) -> bytes:
        """Return the frame as it is."""
        return frame


class Http:
    """Each frame is the body of an HTTP request, and its answer that of a response."""

    def __init__(self, *, is_client: bool = False) -> None:
        """Begin; a client writes requests, a host responses."""
        self._held = b""
        self._is_client = is_client

    def unwrap(self, data: bytes) -> bytes:
        """Return the bodies that these bytes complete; an endless head is dropped."""
        self._held += data
        bodies = []
        while True:
            head, mark, rest = self._held.partition(b"\r\n\r\n")
            if not mark:
                if len(self._held) > _MOST_HEAD:
                    self._held = b""
                break
            length = _LENGTH.search(head + b"\r\n")
            size = int(length[1]) if length else 0
            if len(rest) < size:
                break
            bodies.append(rest[:size])
            self._held = rest[size:]
        return b"".join(bodies)

    def wrap(self, frame: bytes) -> bytes:
        """Return the frame as the body of a request or response."""
        first = b"POST / HTTP/1.1\r\nHost: host" if self._is_client else b"HTTP/1.1 200 OK"
        kind = b"\r\nContent-Type: application/octet-stream\r\nContent-Length: "
        return first + kind + str(len(frame)).encode("ascii") + b"\r\n\r\n" + frame


class Block:
    """So many bytes between the length and the TPDU: a caller's number, a location.

    What a terminal puts there is given back to it.
    """

    def __init__(self, size: int) -> None:
        """Take off and put on `size` bytes; what is put on first is zeros."""
        self._size = size
        self._block = bytes(size)
        self._held = b""

    def unwrap(self, data: bytes) -> bytes:
        """Return the frames without their block."""
        self._held += data
        frames = []
        while len(self._held) >= _PREFIX:
            size = int.from_bytes(self._held[:_PREFIX])
            if len(self._held) < _PREFIX + size:
                break
            whole, self._held = self._held[_PREFIX : _PREFIX + size], self._held[_PREFIX + size :]
            if size >= self._size:
                self._block = whole[: self._size]
            inner = whole[self._size :]
            frames.append(len(inner).to_bytes(_PREFIX) + inner)
        return b"".join(frames)

    def wrap(self, frame: bytes) -> bytes:
        """Return a frame with the block before its TPDU; what is no frame stays as it is."""
        inner = frame[_PREFIX:]
        if int.from_bytes(frame[:_PREFIX]) != len(inner) or not inner:
            return frame
        return (len(inner) + self._size).to_bytes(_PREFIX) + self._block + inner


def plain_outer() -> Outer:
    """Return no outer frame."""
    return Plain()


OUTERS: Final[Mapping[str, Callable[[], Outer]]] = {"none": Plain, "http": Http}
"""Name -> outer frame of a host's connection; `block:N` is made by `outer_of`."""
MOST_BLOCK: Final = 64


def outer_of(name: str) -> Callable[[], Outer]:
    """Return the outer frame of a name: `none`, `http`, `block:N`; ValueError otherwise."""
    kind, _, size = name.partition(":")
    if kind == "block" and size.isdecimal() and 0 < int(size) <= MOST_BLOCK:
        return lambda: Block(int(size))
    if name not in OUTERS:
        raise ValueError(f"{name!r} should be none, http or block:N (N up to {MOST_BLOCK})")
    return OUTERS[name]


def client_of(name: str) -> Callable[[], Outer]:
    """Return the outer frame of a terminal's connection; ValueError as `outer_of`."""
    if name == "http":
        return lambda: Http(is_client=True)
    return outer_of(name)
