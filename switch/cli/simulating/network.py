"""`jinbao network` (switch/cli): a network between any two processes, by profile.

Whatever connects to it is connected onwards, and finds the line as slow, and as often away, as the
profile says.
"""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from routing.links import CLASS_WORDS, Profile
from simulators import live
from simulators.network.path import Network
from simulators.network.relay import Relay
from switch.cli.drawing import drawn, plain, table
from switch.cli.outcome import BAD, say, stop
from switch.cli.verbs import verb_app
from switch.config.files import split_address
from switch.config.networks import NetworkError, load_profile, packaged_profiles

app = verb_app()


@app.command()
def network(
    *,
    profile: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="The profile; --list names them.")
    ] = "",
    to: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where it leads.")] = "",
    listen: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")] = 0,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    seed: Annotated[int, typer.Option(help="The same seed draws the same delays.")] = 0,
    list_: Annotated[
        bool, typer.Option("--list", help="List the profiles that there are.")
    ] = False,
) -> None:
    """Be a network between two processes: 金保专网 or a bank link.

    SIGUSR1 cuts it, SIGUSR2 restores it.

    \b
    Examples:
      jinbao network --list
      jinbao network --profile jinbao-village --listen 8600 --to 127.0.0.1:8583
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if list_:
        say(_listed())
        return
    if not profile or not to:
        stop("a network needs a --profile, and --to where it leads")
    try:
        chosen, address = load_profile(profile), split_address(to)
    except NetworkError as error:
        stop(str(error))
    except ValueError as error:
        stop(f"--to {error}")
    relay = Relay(Network(chosen, str(seed)), address)
    try:
        live.run(_serve(relay, (host, listen), f"{chosen.name} to {to}"))
    except OSError as error:
        stop(f"cannot listen on {host}:{listen} ({type(error).__name__})", BAD)


async def _serve(relay: Relay, at: tuple[str, int], what: str) -> None:
    """Carry until a signal ends it."""
    taken = await relay.open(*at)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, ended.set)
    loop.add_signal_handler(signal.SIGUSR1, relay.fail)
    loop.add_signal_handler(signal.SIGUSR2, relay.restore)
    say(f"listening on {at[0]}:{taken}, {what}")
    await ended.wait()
    await relay.close()


def _listed() -> str:
    made = table("profile", "class", "path")
    for name in packaged_profiles():
        found = load_profile(name)
        words = CLASS_WORDS[found.link_class]
        made.add_row(plain(name), plain(f"{words.en} {words.zh}"), plain(_path(found)))
    return drawn(made)


def _path(profile: Profile) -> str:
    hops = ", ".join(
        f"{hop.name} {hop.latency.p50_us / 1000:g} ms {hop.bandwidth_kbps} kbit/s"
        for hop in profile.hops
    )
    outage = profile.outage
    if outage is None:
        return f"{hops}; no outages"
    kind = "cut" if outage.is_cut else "stalled"
    return f"{hops}; {kind} about every {outage.every_ms // 1000} s for {outage.lasts_ms // 1000} s"
