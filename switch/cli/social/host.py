"""`jinbao social-host` (switch/cli): the social-security host with test persons, on a port.

Its line is the switch's link of 金保专网. What it does wrong is chosen here; its books are written
when it ends and on SIGUSR1.
"""

from __future__ import annotations

import asyncio
import os
import signal
from itertools import count
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from simulators import live
from simulators.installation import wires
from simulators.issuer import CALM, Temper
from simulators.live import IssuerServer
from simulators.social_security.host import SocialHost
from simulators.social_security.sample import host_identity, sample_books
from simulators.wire import Heard
from switch.cli.outcome import BAD, say, stop
from switch.cli.verbs import AsJson, verb_app
from switch.shell.clock import Clock

app = verb_app()
_MESSAGES: Final = {
    "inquiry": ("0100",),
    "reserve": ("0200",),
    "confirm": ("0220", "0221"),
    "cancel": ("0420", "0421"),
    "totals": ("0500",),
}
"""What `--on` may name, and its message types."""


@app.command("social-host")
def social_host(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    persons: Annotated[int, typer.Option(min=1, max=1_000, help="How many test persons.")] = 10,
    delay_ms: Annotated[int, typer.Option(min=0, help="Answer this much later.")] = 0,
    silent: Annotated[bool, typer.Option("--silent", help="Carry out, and say nothing.")] = False,
    deaf: Annotated[bool, typer.Option("--deaf", help="Do nothing, and say nothing.")] = False,
    twice: Annotated[bool, typer.Option("--twice", help="Answer twice.")] = False,
    code: Annotated[str, typer.Option(help="Refuse with this DE 39.")] = "",
    on: Annotated[
        str, typer.Option("--on", metavar="|".join(_MESSAGES), help="Only these messages.")
    ] = "",
    every: Annotated[int, typer.Option(min=1, help="Only every n-th of them.")] = 1,
    books: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write bills and deeds as JSON at the end.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Be the social-security host: persons, contributions, medical bills and benefits for testing.

    \b
    Examples:
      jinbao social-host --port 9588
      jinbao social-host --port 9588 --silent --on confirm --every 2
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if on and on not in _MESSAGES:
        stop(f"--on is one of {', '.join(_MESSAGES)}, not {on!r}")
    actor = SocialHost(host_identity(), wires()[1], sample_books(range(persons)))
    answers = 0 if silent else 1 + twice
    temper = Temper(delay_ms=delay_ms, answers=answers, ignores=deaf, code=code)
    numbers = count(1)

    def tempered(heard: Heard) -> Temper:
        is_meant = not on or heard.mti in _MESSAGES[on]
        return temper if is_meant and next(numbers) % every == 0 else CALM

    actor.temper = tempered
    try:
        live.run(_serve(actor, (host, port), books, as_json=as_json))
    except OSError as error:
        stop(f"cannot listen on {host}:{port} ({os.strerror(error.errno or 0)})", BAD)


async def _serve(
    actor: SocialHost, address: tuple[str, int], books: Path | None, *, as_json: bool
) -> None:
    """Serve until a signal ends it."""
    server = IssuerServer(actor, wires()[1], Clock())
    taken = await server.open(*address)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, ended.set)
    if books is not None:
        loop.add_signal_handler(signal.SIGUSR1, _save, actor, books)
    told = f"{address[0]}:{taken}"
    say(msgspec.json.encode({"social_host": told}).decode() if as_json else f"listening on {told}")
    await ended.wait()
    server.close()
    if books is not None:
        _save(actor, books)


def _save(actor: SocialHost, path: Path) -> None:
    """Write what became of bills and deeds; of persons nothing."""
    kept = actor.books
    content = {
        "bills": list(kept.dues.values()),
        "deeds": list(kept.deeds.values()),
        "benefits": list(kept.benefits.values()),
    }
    path.write_bytes(msgspec.json.encode(content) + b"\n")
