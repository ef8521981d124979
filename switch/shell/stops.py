"""Peers whose frames stopped the process (switch/shell), in a small file that outlives it.

One stop is forgotten after a minute; two within a minute and the peer is refused until somebody
releases it. Without this a poisoned frame that is sent again and again would keep us down.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

WINDOW_S: Final = 60
"""Two stops within this time are one too many."""
MOST_PEERS: Final = 1_000
"""Entries kept of each kind, the newest."""
_FORMAT: Final = 1


class StopsFileError(ValueError):
    """The file cannot be read: it is never taken for empty, because that would let a peer in."""


class _Content(msgspec.Struct, forbid_unknown_fields=True):
    format: int = _FORMAT
    stopped_at: dict[str, float] = {}
    """Peer -> when it last stopped us, in seconds since 1970."""
    refused: dict[str, float] = {}
    """Peer -> since when it is refused."""


class Stops:
    """The file's content; read again whenever somebody else has written it."""

    __slots__ = ("_content", "_path", "_seconds", "_version")

    def __init__(self, path: Path | None, seconds: Callable[[], float] = time.time) -> None:
        """Read `path` (None: remember nothing); StopsFileError if it is no such file."""
        self._path = path
        self._seconds = seconds
        self._content = _Content()
        self._version: tuple[int, int] | None = None
        self._refresh()

    def is_refused(self, peer: str) -> bool:
        """Whether this peer is to be kept out; a file damaged since then changes nothing."""
        with suppress(StopsFileError):
            self._refresh()
        return peer in self._content.refused

    def refused(self) -> dict[str, float]:
        """Return the refused peers, and since when (seconds since 1970)."""
        self._refresh()
        return dict(self._content.refused)

    def record(self, peer: str) -> bool:
        """Note, durably, that this peer's frame stopped the process; tell if it is refused now."""
        self._refresh()
        now = self._seconds()
        content = self._content
        before = content.stopped_at.pop(peer, None)
        if before is not None and abs(now - before) < WINDOW_S:
            content.refused[peer] = now
        else:
            content.stopped_at[peer] = now
        self._write()
        return peer in content.refused

    def release(self, peer: str) -> bool:
        """Let a peer in again; False if it was not refused."""
        self._refresh()
        was_refused = self._content.refused.pop(peer, None) is not None
        if was_refused:
            self._write()
        return was_refused

    def _refresh(self) -> None:
        if self._path is None:
            return
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._content, self._version = _Content(), None
            return
        version = (status.st_mtime_ns, status.st_ino)
        if version == self._version:
            return
        try:
            content = msgspec.json.decode(self._path.read_bytes(), type=_Content)
        except (OSError, msgspec.MsgspecError) as error:
            raise StopsFileError(f"{self._path}: {error}") from None
        if content.format != _FORMAT:
            raise StopsFileError(f"{self._path}: format is {content.format}, not {_FORMAT}")
        self._content, self._version = content, version

    def _write(self) -> None:
        content = self._content
        content.stopped_at = _newest(content.stopped_at)
        content.refused = _newest(content.refused)
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb") as stream:
            stream.write(msgspec.json.encode(content))
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(self._path)


def _newest(times: dict[str, float]) -> dict[str, float]:
    return dict(sorted(times.items(), key=lambda entry: entry[1])[-MOST_PEERS:])
