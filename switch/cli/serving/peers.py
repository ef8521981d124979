"""`jinbao peers` (switch/cli): who is refused because frames from there stopped the switch.

A running switch notices a release by itself.
"""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from switch.cli.outcome import BAD, note, say, stop
from switch.cli.serving.folder import Folder, main_of
from switch.cli.verbs import AsJson, verb_app
from switch.core.moment import SHANGHAI
from switch.shell.stops import Stops, StopsFileError

app = verb_app("Peers that are refused after they stopped the switch twice within a minute.")


@app.command("list")
def list_peers(*, folder: Folder, as_json: AsJson = False) -> None:
    """List the refused peers.

    \b
    Example:
      jinbao peers list -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    refused = _stops(folder).refused()
    for peer, since in refused.items():
        at = datetime.fromtimestamp(since, timezone(SHANGHAI)).isoformat(timespec="seconds")
        if as_json:
            say(msgspec.json.encode({"peer": peer, "since": at}).decode())
        else:
            say(f"{peer}  refused since {at}")
    if not refused:
        note("no peer is refused")


@app.command()
def release(
    peer: Annotated[str, typer.Argument(metavar="ADDRESS", help="As `jinbao peers list` has it.")],
    *,
    folder: Folder,
) -> None:
    """Let a peer connect again; status 1 if it was not refused.

    \b
    Example:
      jinbao peers release 192.0.2.7 -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if not _stops(folder).release(peer):
        stop(f"{peer} was not refused", BAD)
    say(f"{peer} may connect again")


def _stops(folder: Path) -> Stops:
    try:
        return Stops(folder / main_of(folder).paths.stops)
    except StopsFileError as error:
        stop(str(error))
