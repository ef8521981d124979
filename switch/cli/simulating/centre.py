"""`jinbao centre` (switch/cli): a clearing centre's node with test keys, before its banks.

For the profile `member`: it sets DE 15 and forwards to the banks, to which it connects by itself.
"""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from simulators import live
from simulators.installation import centre_identities, issuer_identity, wires
from simulators.live import CentreServer
from simulators.network.centre import Bank, Centre
from switch.cli.outcome import BAD, say, stop
from switch.cli.verbs import BusinessDate, offset_ms, verb_app
from switch.config.files import split_address
from switch.shell.clock import Clock

app = verb_app()


@app.command()
def centre(
    *,
    bank: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NUMBER=HOST:PORT", help="A bank of the test set-up; may be repeated."
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    business_date: BusinessDate = "",
) -> None:
    """Be the node of a clearing centre: set DE 15, and forward to banks.

    \b
    Example:
      jinbao centre --port 7000 --bank 0=127.0.0.1:7001 --bank 1=127.0.0.1:7002
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if not bank:
        stop("a centre needs a --bank to forward to")
    given = [_bank(text) for text in bank]
    wire = wires()[1]
    banks = []
    for number, _ in given:
        prefix, identity = centre_identities(number)
        banks.append(Bank(prefix=prefix, identity=identity))
    node = Centre(issuer_identity(), wire, banks)
    server = CentreServer(
        node, wire, Clock(offset_ms(business_date)), [address for _, address in given]
    )
    try:
        live.run(_serve(server, host, port))
    except OSError as error:
        stop(f"cannot listen on {host}:{port} ({type(error).__name__})", BAD)


def _bank(text: str) -> tuple[int, tuple[str, int]]:
    number, is_there, address = text.partition("=")
    if not is_there or not number.isdecimal():
        stop("--bank should be like 0=127.0.0.1:7001")
    try:
        return int(number), split_address(address)
    except ValueError as error:
        stop(f"--bank {number}= {error}")


async def _serve(server: CentreServer, host: str, port: int) -> None:
    """Serve until a signal ends it."""
    taken = await server.open(host, port)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, ended.set)
    say(f"listening on {host}:{taken}")
    await ended.wait()
    server.close()
