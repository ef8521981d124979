"""`jinbao reload` (switch/cli): a running switch takes up what its folder says now.

The folder is checked here first, so that every mistake is told with its file and line.
"""

from __future__ import annotations

import msgspec

from switch.cli.outcome import BAD, say, stop
from switch.cli.serving.folder import Folder, loaded
from switch.cli.verbs import verb_app
from switch.shell.watching.control import ask

app = verb_app()

_WAIT_S = 120.0
"""Tens of thousands of terminals take seconds to read."""


@app.command()
def reload(*, folder: Folder) -> None:
    """Put a changed folder in force, all of it or nothing.

    No line is dropped; what is in flight ends as it began. Status 1 if the switch refuses or none
    is running, 2 if the folder has a mistake: the switch then goes on as before.

    \b
    Example:
      jinbao reload -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    path = loaded(folder).control
    try:
        answer = ask(path, {"verb": "reload"}, _WAIT_S)
    except (OSError, ValueError) as error:
        stop(f"{path}: no switch answers ({type(error).__name__})", BAD)
    if not answer.get("ok"):
        stop(f"not reloaded: {answer.get('error')}", BAD)
    say(msgspec.json.encode(answer).decode())
