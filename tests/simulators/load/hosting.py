"""A host in the loop of a test: its answers, delays and faults are known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import perf_counter_ns
from typing import Any

from bench.load.host import Host, Peer
from simulators.load.driving.part import Driver, Job, Progress
from simulators.load.measuring.results import Part
from simulators.load.scenario.reading import understood


class Served:
    """A host that listens; `spoiled` changes its answers before they leave."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.port = 0
        self.peers: list[Peer] = []

    def accept(self) -> Peer:
        peer = Peer(self.host)
        self.peers.append(peer)
        return peer


@asynccontextmanager
async def hosted(*delays_s: float) -> AsyncIterator[Served]:
    """Serve in this loop until the block ends."""
    served = Served(Host(list(delays_s) or [0.0]))
    server = await asyncio.get_running_loop().create_server(served.accept, "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        for peer in served.peers:
            if peer._transport is not None:
                peer._transport.close()
        # Both ends are told of the end in later turns.
        await asyncio.sleep(0.05)


def job(port: int, **changes: Any) -> Job:  # noqa: ANN401 - any part of a scenario
    told = {
        "format": 1,
        "kind": "load",
        "name": "test",
        "seconds": 1.0,
        "warm_up_s": 0.0,
        "arrivals": {"schedule": "poisson", "rate": 100.0},
        "fleet": {"terminals": 10, "sign_on": "none", "first_stan": 5},
        "limits": {"timeout_ms": 600, "spin": False},
    }
    return Job(scenario=understood(told | changes), target=f"127.0.0.1:{port}")


async def driven(
    asked: Job,
    tell: list[Progress] | None = None,
    at_start: Callable[[int], object] | None = None,
) -> Part:
    """Run a part in this loop; `at_start` is told the moment at which it starts."""
    driver = Driver(asked, tell.append if tell is not None else None)
    await driver.prepare()
    start_ns = perf_counter_ns() + 50_000_000
    if at_start is not None:
        at_start(start_ns)
    return await driver.drive(start_ns)
