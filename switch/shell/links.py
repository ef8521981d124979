"""Issuer links (switch/shell): one outgoing connection each, made again whenever it is lost.

The wait between attempts doubles up to a limit and begins anew once the issuer has spoken, so that
a host which accepts and closes is not asked without end. A machine that refuses at once is there,
and its program is not: that costs nobody anything, and is asked every second.
"""

from __future__ import annotations

import asyncio
import random
from typing import Final

from switch.core.events import LinkConnected, LinkDisconnected, LinkFrameReceived
from switch.core.moment import Moment
from switch.shell.connection import Connection, Side
from switch.shell.settings import LinkAddress

_MS_PER_S: Final = 1_000
_REFUSED_MS: Final = 1_000
"""The longest wait while nothing listens at an address: a program that starts again is found."""
_SPREAD: Final = 0.2
"""Waits vary by this share, so that many switches do not come back at once."""


def peer_of(link: str) -> str:
    """Return the name by which a link's host is refused after it stopped the process."""
    return f"link:{link}"


class Lines:
    """Keeps a connection to every issuer of the settings."""

    __slots__ = ("_side", "_tasks")

    def __init__(self, side: Side) -> None:
        """Connect later, with `open`."""
        self._side = side
        self._tasks: list[asyncio.Task[None]] = []

    def open(self) -> None:
        """Begin to connect, and go on for ever."""
        self._tasks = [
            asyncio.create_task(self._keep(address), name=peer_of(address.name))
            for address in self._side.settings.links
        ]

    async def close(self) -> None:
        """Connect no more; connections stay until they are closed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, address: LinkAddress) -> None:
        limits, log = self._side.limits, self._side.driver.log
        wait_ms = limits.reconnect_first_ms
        told = ""
        while True:
            connection, failure = await self._connect(address)
            if connection is not None:
                told = ""
                await connection.lost.wait()
                if connection.has_spoken:
                    wait_ms = limits.reconnect_first_ms
            elif failure != told:
                # Said once for as long as it stays the same.
                log.alert("link_unreachable", {"link": address.name, "reason": failure})
                told = failure
            if failure == ConnectionRefusedError.__name__:
                wait_ms = min(wait_ms, _REFUSED_MS)
            spread = 1 + _SPREAD * (2 * random.random() - 1)  # noqa: S311 - no secret
            await asyncio.sleep(wait_ms * spread / _MS_PER_S)
            wait_ms = min(2 * wait_ms, limits.reconnect_most_ms)

    async def _connect(self, address: LinkAddress) -> tuple[LinkConnection | None, str]:
        """Return the connection, or why there is none."""
        side = self._side
        if side.stops.is_refused(peer_of(address.name)):
            return None, "its frames stopped the switch twice; see `jinbao peers`"
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(side.limits.connect_ms / _MS_PER_S):
                _, connection = await loop.create_connection(
                    lambda: LinkConnection(side, address.name), address.host, address.port
                )
        except (OSError, TimeoutError) as error:
            return None, type(error).__name__
        return connection, ""


class LinkConnection(Connection):
    """One connection to an issuer's host."""

    __slots__ = ("_name", "_unanswered", "has_spoken", "lost")

    def __init__(self, side: Side, name: str) -> None:
        """Be known to the engine by `name`."""
        super().__init__(side)
        self._name = name
        self._unanswered = 0
        self.peer = peer_of(name)
        self.label = name
        self.lost = asyncio.Event()
        self.has_spoken = False

    def joined(self) -> None:
        """Tell the engine that it may sign on."""
        driver = self._side.driver
        self._transport.set_write_buffer_limits(high=self._side.limits.link_output_bytes)
        driver.counters.links_connected += 1
        driver.log.report("link_connected", {"link": self._name})
        driver.links[self._name] = self
        driver.handle(LinkConnected(self._name), driver.now(), self.peer)

    def took(self, frames: list[bytes], at: Moment) -> None:
        """Hand whole frames to the engine."""
        driver, name, peer = self._side.driver, self._name, self.peer
        self.has_spoken = True
        driver.counters.frames_from_links += len(frames)
        if self._asked_ns:
            driver.counters.issuer_wait.record(at.elapsed_ns - self._asked_ns)
            self._asked_ns = 0
        self._unanswered = max(0, self._unanswered - len(frames))
        for frame in frames:
            driver.hear(LinkFrameReceived(name, frame), at, peer)

    def sent(self, at: Moment) -> None:
        """Count a frame; on a quiet link, begin to measure how long the issuer takes."""
        self._side.driver.counters.frames_to_links += 1
        if not self._unanswered:
            self._asked_ns = at.elapsed_ns
        self._unanswered += 1

    def left(self) -> None:
        """Tell the engine; the link is made again by whoever keeps it."""
        driver = self._side.driver
        driver.counters.links_lost += 1
        driver.log.report("link_lost", {"link": self._name})
        driver.links.pop(self._name, None)
        self.lost.set()
        driver.handle(LinkDisconnected(self._name), driver.now(), self.peer)
