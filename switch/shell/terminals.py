"""Terminal connections (switch/shell): accepted up to a limit, refused where one did harm.

A connection is a protocol with slots, without task or future; listening goes on when the limit is
reached or the process runs out of descriptors.
"""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from itertools import count
from typing import Final

from switch.core.events import TerminalConnected, TerminalDisconnected, TerminalFrameReceived
from switch.core.moment import Moment
from switch.shell.connection import Connection, Side

_KEEP_ALIVE_S: Final = 60
"""A terminal that lost power is noticed after this silence and a few probes."""


class Listener:
    """Listens for terminals on every address of the settings."""

    __slots__ = ("_numbers", "_servers", "_side")

    def __init__(self, side: Side) -> None:
        """Listen later, with `open`."""
        self._side = side
        self._numbers = count(1)
        self._servers: list[asyncio.Server] = []

    async def open(self) -> list[tuple[str, int]]:
        """Listen; return the addresses with the ports that they got. OSError if one is taken."""
        loop = asyncio.get_running_loop()
        addresses = []
        for address in self._side.settings.listen:
            is_shared = self._side.settings.is_worker
            listening = bound(address.host, address.port, address.key, is_shared=is_shared)
            backlog = self._side.limits.backlog
            made = partial(self._connection, address.access)
            server = await loop.create_server(made, sock=listening, backlog=backlog)
            self._servers.append(server)
            addresses.append((address.host, int(listening.getsockname()[1])))
        return addresses

    def close(self) -> None:
        """Stop accepting; connections stay."""
        for server in self._servers:
            server.close()
        self._servers.clear()

    def _connection(self, access: str) -> TerminalConnection:
        return TerminalConnection(self._side, next(self._numbers), access)


class TerminalConnection(Connection):
    """One terminal, or a concentrator of terminals."""

    __slots__ = ("_access", "_number", "_unanswered")

    def __init__(self, side: Side, number: int, access: str) -> None:
        """Be known to the engine by `number`; `access` is the class of line it came over."""
        super().__init__(side)
        self._access = access
        self._number = number
        self._unanswered = 0
        self.label = f"terminal-{number}"

    def joined(self) -> None:
        """Take part, or close at once where a limit or a refusal says so."""
        side = self._side
        driver, limits, transport = side.driver, side.limits, self._transport
        address = transport.get_extra_info("peername")
        self.peer = peer = address[0] if address else "unknown"
        if len(driver.terminals) >= limits.connections:
            driver.counters.refused_connections += 1
            driver.log.alert("connection_refused", {"peer": peer, "limit": limits.connections})
            transport.abort()
        elif side.stops.is_refused(peer):
            driver.counters.refused_peers += 1
            reason = "its frames stopped the switch twice; see `jinbao peers`"
            driver.log.alert("peer_refused", {"peer": peer, "reason": reason})
            transport.abort()
        else:
            driver.counters.accepted += 1
            transport.set_write_buffer_limits(high=limits.pending_output_bytes)
            driver.terminals[self._number] = self
            driver.handle(TerminalConnected(self._number, self._access), driver.now(), peer)

    def took(self, frames: list[bytes], at: Moment) -> None:
        """Hand whole frames to the engine, and read no further while the ledger is behind."""
        driver, number, peer = self._side.driver, self._number, self.peer
        driver.counters.frames_from_terminals += len(frames)
        # Only a lone request's answer is known to be its own.
        self._asked_ns = at.elapsed_ns if not self._unanswered and len(frames) == 1 else 0
        self._unanswered += len(frames)
        for frame in frames:
            driver.hear(TerminalFrameReceived(number, frame), at, peer)
        if driver.is_congested:
            driver.hold_back(self._transport)

    def sent(self, at: Moment) -> None:
        """Count a frame, and measure how long its asker waited."""
        counters = self._side.driver.counters
        counters.frames_to_terminals += 1
        if self._asked_ns:
            counters.whole.record(at.elapsed_ns - self._asked_ns)
            self._asked_ns = 0
        if self._unanswered:
            self._unanswered -= 1

    def left(self) -> None:
        """Tell the engine, where it knows this connection."""
        driver = self._side.driver
        if driver.terminals.pop(self._number, None) is not None:
            driver.handle(TerminalDisconnected(self._number), driver.now(), self.peer)


def bound(host: str, port: int, key: str, *, is_shared: bool = False) -> socket.socket:
    """Return a bound socket; accepted ones inherit its options (Linux, BSD).

    A shared address is taken by several processes, each with a queue of its own. OSError names the
    address and its key in jinbao.toml: there may be many.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if is_shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_KEEPIDLE"):
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEP_ALIVE_S)
        made.settimeout(0)
        made.bind((host, port))
    except OSError as error:
        made.close()
        shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        raise OSError(f"jinbao.toml: {key}: {shown}: {error.strerror or error}") from error
    return made
