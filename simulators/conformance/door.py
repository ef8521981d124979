"""The door for TLS (simulators/conformance): connections, and why a handshake failed.

Where a terminal does not get in, its tester must see why: a server of the loop would say nothing.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any, Final

from simulators.conformance.judging.host import MOST_LINES

_HANDSHAKE_S: Final = 20.0
_REST_S: Final = 0.1
_NOT_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST"})
"""What a handshake fails with when the other side speaks something else."""


class Door:
    """Accepts connections with TLS, and tells of those whose handshake fails.

    A server of the loop would drop them without a word, and the tester would see nothing at all.
    """

    def __init__(
        self,
        protocol: Callable[[], asyncio.Protocol],
        tls: ssl.SSLContext,
        failed: Callable[[str], None],
    ) -> None:
        """Listen later, with `open`; `failed` is told why a handshake did."""
        self._protocol, self._tls, self._failed = protocol, tls, failed
        self._tasks: set[asyncio.Task[None]] = set()
        self._socket: socket.socket | None = None

    def open(self, address: str, port: int) -> int:
        """Listen; return the port. OSError where it is taken."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listening = socket.create_server((address, port), family=family)
        listening.setblocking(False)  # noqa: FBT003 - its name says what
        self._socket = listening
        self._start(self._accept(listening))
        return int(listening.getsockname()[1])

    def close(self) -> None:
        """Listen no more; handshakes that go on are given up."""
        for task in self._tasks:
            task.cancel()
        if self._socket is not None:
            self._socket.close()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listening)
            except OSError:
                # Whoever came is gone again, or there are no more files: the others still come.
                await asyncio.sleep(_REST_S)
                continue
            if len(self._tasks) > MOST_LINES:
                connection.close()
            else:
                self._start(self._shake(connection))

    async def _shake(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(
                self._protocol, connection, ssl=self._tls, ssl_handshake_timeout=_HANDSHAKE_S
            )
        except (OSError, TimeoutError) as error:
            self._failed(_no_handshake(error))


def _no_handshake(error: Exception) -> str:
    """Return why a handshake failed, and what may help."""
    reason = str(getattr(error, "reason", None) or "")
    if reason in _NOT_TLS:
        why = "the terminal speaks without TLS: switch it on there, or leave it out here"
    elif isinstance(error, ConnectionError) or "ALERT" in reason:
        why = "the terminal hung up: it may not trust this certificate"
    elif isinstance(error, TimeoutError):
        why = f"nothing came within {_HANDSHAKE_S:g} s"
    else:
        why = "no version or cipher in common, or other bytes than those of TLS"
    words = reason.replace("_", " ").lower()
    return f"a TLS handshake failed: {why}" + (f" ({words})" if words else "")
