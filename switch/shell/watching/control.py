"""The control socket (switch/shell/watching): JSON lines on a Unix socket of mode 0600.

A request is `{"verb": "status"}`, an answer `{"ok": true, ...}` or `{"ok": false, "error": ...}`.
Verbs are a table: whoever composes the process adds to it.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

Told = Mapping[str, Any]
Verb = Callable[[Mapping[str, Any]], Told | Awaitable[Told]]
"""Takes the whole request, returns what is added to the answer; ValueError is told the asker.

A verb that takes long is awaited: the loop goes on meanwhile, and so do transactions.
"""

LONGEST_LINE: Final = 65_536
"""Bytes of a request."""
MOST_CLIENTS: Final = 16
"""Connections at one time; one more is closed."""
IDLE_S: Final = 60.0
"""A client that says nothing for so long is closed."""
_LONGEST_PATH: Final = 107
"""Bytes of a socket's path that the kernel takes (unix(7), sun_path)."""


class ControlError(OSError):
    """The socket cannot be opened: taken by another process, or its path is too long."""


class Control:
    """The socket and its verbs."""

    __slots__ = ("_clients", "_path", "_server", "verbs")

    def __init__(self, path: Path, verbs: dict[str, Verb]) -> None:
        """Answer with `verbs`, and `help`, which lists them."""
        self._path = path
        self.verbs = verbs
        self.verbs["help"] = lambda _: {"verbs": sorted(self.verbs)}
        self._clients: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen; ControlError says why not."""
        bound = _bound(self._path)
        self._server = await asyncio.start_unix_server(self._serve, sock=bound, limit=LONGEST_LINE)

    def close(self) -> None:
        """Stop listening, cut whoever is there, remove the socket."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self._path.unlink(missing_ok=True)
        for client in tuple(self._clients):
            client.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._clients) >= MOST_CLIENTS:
            writer.transport.abort()
            return
        self._clients.add(writer)
        try:
            while True:
                async with asyncio.timeout(IDLE_S):
                    line = await reader.readline()
                if not line:
                    break
                writer.write(orjson.dumps(await self.answer(line)) + b"\n")
                async with asyncio.timeout(IDLE_S):
                    await writer.drain()
        except (OSError, TimeoutError, ValueError):
            # A line that is too long comes as ValueError: there is no way back into step.
            pass
        finally:
            self._clients.discard(writer)
            writer.close()

    async def answer(self, line: bytes) -> dict[str, Any]:
        """Return the answer to one line."""
        try:
            request = orjson.loads(line)
        except orjson.JSONDecodeError:
            return {"ok": False, "error": "a request is one JSON object a line"}
        name = request.get("verb") if isinstance(request, dict) else None
        verb = self.verbs.get(name) if isinstance(name, str) else None
        if verb is None:
            return {"ok": False, "error": "unknown verb", "verbs": sorted(self.verbs)}
        try:
            told = verb(request)
            if inspect.isawaitable(told):
                told = await told
        except ValueError as error:
            return {"ok": False, "error": str(error)}
        return {"ok": True, **told}


def ask(path: Path, request: Mapping[str, Any], timeout_s: float = 5.0) -> dict[str, Any]:
    """Ask a running switch; OSError if none answers, ValueError if what it says is no answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(timeout_s)
        asking.connect(str(path))
        asking.sendall(orjson.dumps(request) + b"\n")
        with asking.makefile("rb") as stream:
            line = stream.readline()
    answer = orjson.loads(line)
    if not isinstance(answer, dict):
        raise ValueError("no answer")  # noqa: TRY004 - what came is wrong, not its Python type
    return answer


def _bound(path: Path) -> socket.socket:
    """Return a socket bound to `path`, which only its owner may use."""
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise ControlError(f"{path}: a socket's path has at most {_LONGEST_PATH} bytes")
    path.parent.mkdir(parents=True, exist_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket():
            if bound.connect_ex(str(path)) == 0:
                raise ControlError(f"{path}: another process answers there")
            path.unlink()
        # The mode is right from the first moment on, not only after a chmod.
        before = os.umask(0o177)
        try:
            bound.bind(str(path))
        finally:
            os.umask(before)
        bound.settimeout(0)
    except OSError as error:
        bound.close()
        if isinstance(error, ControlError):
            raise
        raise ControlError(f"{path}: {error.strerror}") from None
    return bound
