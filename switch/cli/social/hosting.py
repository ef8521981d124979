"""Serving a host of services (switch/cli): on a port until a signal ends it, its books as JSON.

What it does wrong is chosen by options; its books are written when it ends and on SIGUSR1.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import msgspec
import typer

from simulators import live
from simulators.installation import wires
from simulators.issuer import CALM, Temper
from simulators.live import IssuerServer
from simulators.services.host import ServiceHost
from simulators.wire import Heard
from switch.cli.outcome import BAD, say, stop
from switch.shell.clock import Clock

MESSAGES: Final = {
    "inquiry": ("0100",),
    "reserve": ("0200",),
    "confirm": ("0220", "0221"),
    "cancel": ("0420", "0421"),
    "totals": ("0500",),
}
"""What `--on` may name, and its message types."""

Port = Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")]
Address = Annotated[str, typer.Option(help="The address to listen on.")]
Delay = Annotated[int, typer.Option(min=0, help="Answer this much later.")]
Silent = Annotated[bool, typer.Option("--silent", help="Carry out, and say nothing.")]
Deaf = Annotated[bool, typer.Option("--deaf", help="Do nothing, and say nothing.")]
Twice = Annotated[bool, typer.Option("--twice", help="Answer twice.")]
Code = Annotated[str, typer.Option(help="Refuse with this DE 39.")]
On = Annotated[str, typer.Option("--on", metavar="|".join(MESSAGES), help="Only these messages.")]
Every = Annotated[int, typer.Option(min=1, help="Only every n-th of them.")]


class Kept(NamedTuple):
    """Where the books of a host are written, None for nowhere, and what they hold."""

    path: Path | None
    content: Callable[[], dict[str, Any]]

    def save(self) -> None:
        """Write them."""
        if self.path is not None:
            self.path.write_bytes(msgspec.json.encode(self.content()) + b"\n")


def misbehave(host: ServiceHost, temper: Temper, on: str, every: int) -> None:
    """Give every n-th message of one kind (empty: all) a temper."""
    if on and on not in MESSAGES:
        stop(f"--on is one of {', '.join(MESSAGES)}, not {on!r}")
    numbers = count(1)

    def tempered(heard: Heard) -> Temper:
        is_meant = not on or heard.mti in MESSAGES[on]
        return temper if is_meant and next(numbers) % every == 0 else CALM

    host.temper = tempered


def serve(
    host: ServiceHost, name: str, address: tuple[str, int], kept: Kept, *, as_json: bool
) -> None:
    """Serve until a signal ends it; `name` is what the JSON of its address is called."""
    try:
        live.run(_serve(host, name, address, kept, as_json=as_json))
    except OSError as error:
        stop(f"cannot listen on {address[0]}:{address[1]} ({os.strerror(error.errno or 0)})", BAD)


async def _serve(
    host: ServiceHost, name: str, address: tuple[str, int], kept: Kept, *, as_json: bool
) -> None:
    server = IssuerServer(host, wires()[1], Clock())
    taken = await server.open(*address)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, ended.set)
    if kept.path is not None:
        loop.add_signal_handler(signal.SIGUSR1, kept.save)
    told = f"{address[0]}:{taken}"
    say(msgspec.json.encode({name: told}).decode() if as_json else f"listening on {told}")
    await ended.wait()
    server.close()
    kept.save()
