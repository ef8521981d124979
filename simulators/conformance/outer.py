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
MOST_HELD: Final = 65_536
"""Bytes that wait for the rest of their outer frame."""
_REQUEST: Final = re.compile(rb"[A-Z]{1,16}(?: |\Z)")
_RESPONSE: Final = b"HTTP/"
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,6})[ \t]*(?=\r\n)", re.IGNORECASE)


class OuterError(ValueError):
    """Bytes of which the outer frame cannot be taken off: why."""


class Outer(Protocol):
    """One connection's outer frame; `held` is what waits for the rest of one."""

    @property
    def held(self) -> bytes:
        """Bytes that make no whole outer frame so far."""

    def unwrap(self, data: bytes) -> bytes:
        """Return the inner bytes that these complete; OuterError where they never can."""

    def wrap(self, frame: bytes) -> bytes:
        """Return a frame as it is sent."""


class Plain:
    """Nothing around it."""

    held = b""

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
        self.held = b""
        self._is_client = is_client

    def unwrap(self, data: bytes) -> bytes:
        """Return the bodies that these bytes complete; OuterError for what is no such HTTP."""
        self.held += data
        bodies = []
        while self.held:
            head, mark, rest = self.held.partition(b"\r\n\r\n")
            if complaint := self._complaint(head, is_whole=bool(mark)):
                self.held = b""
                raise OuterError(complaint)
            length = _LENGTH.search(head + b"\r\n")
            if not mark or length is None or len(rest) < int(length[1]):
                break
            bodies.append(rest[: int(length[1])])
            self.held = rest[int(length[1]) :]
        return b"".join(bodies)

    def _complaint(self, head: bytes, *, is_whole: bool) -> str:
        """Return why a head, or the beginning of one, can never bring a frame."""
        if self._is_client:
            begins = head[: len(_RESPONSE)] == _RESPONSE[: len(head)]
        else:
            begins = _REQUEST.match(head) is not None
        if not begins:
            return f"this is no HTTP {'response' if self._is_client else 'request'}"
        if len(head) > _MOST_HEAD:
            return f"an HTTP head of more than {_MOST_HEAD} bytes"
        return _about_body(head) if is_whole else ""

    def wrap(self, frame: bytes) -> bytes:
        """Return the frame as the body of a request or response."""
        first = b"POST / HTTP/1.1\r\nHost: host" if self._is_client else b"HTTP/1.1 200 OK"
        kind = b"\r\nContent-Type: application/octet-stream\r\nContent-Length: "
        return first + kind + str(len(frame)).encode("ascii") + b"\r\n\r\n" + frame


def _about_body(head: bytes) -> str:
    """Return why no body can be taken after a head."""
    if _CHUNKED.search(head):
        return "an HTTP body in chunks: only Content-Length is taken"
    length = _LENGTH.search(head + b"\r\n")
    if length is None:
        return "an HTTP head without a Content-Length"
    if int(length[1]) > MOST_HELD:
        return f"an HTTP body of more than {MOST_HELD} bytes"
    return ""


class Block:
    """So many bytes between the length and the TPDU: a caller's number, a location.

    What a terminal puts there is given back to it.
    """

    def __init__(self, size: int) -> None:
        """Take off and put on `size` bytes; what is put on first is zeros."""
        self._size = size
        self._block = bytes(size)
        self.held = b""

    def unwrap(self, data: bytes) -> bytes:
        """Return the frames without their block."""
        self.held += data
        frames = []
        while len(self.held) >= _PREFIX:
            size = int.from_bytes(self.held[:_PREFIX])
            if len(self.held) < _PREFIX + size:
                break
            whole, self.held = self.held[_PREFIX : _PREFIX + size], self.held[_PREFIX + size :]
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
