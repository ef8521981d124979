"""`jinbao control` (switch/cli): asks a running switch over its control socket.

Only the user that runs the switch can; the verbs are the switch's own.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from switch.cli.outcome import BAD, say, stop
from switch.cli.serving.folder import Folder, main_of
from switch.cli.verbs import verb_app
from switch.shell.watching.control import ask

app = verb_app()


@app.command()
def control(
    verb: Annotated[
        str, typer.Argument(metavar="VERB", help="status, counters, drain; help lists them all.")
    ],
    *,
    folder: Folder,
) -> None:
    """Ask a running switch; the answer is one JSON object.

    Status 1 if it refuses or none is running.

    \b
    Examples:
      jinbao control status -c city
      jinbao control drain -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    path = folder / main_of(folder).paths.control
    try:
        answer = ask(path, {"verb": verb})
    except (OSError, ValueError) as error:
        stop(f"{path}: no switch answers ({type(error).__name__})", BAD)
    say(msgspec.json.encode(answer).decode())
    if not answer.get("ok"):
        raise typer.Exit(BAD)
