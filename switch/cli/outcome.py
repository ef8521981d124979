"""How a verb of the command line (switch/cli) speaks and ends: output, complaints, exit status.

Results go to standard output, everything about them to standard error.
"""

from __future__ import annotations

import os
import sys
from typing import Final, NoReturn

import typer

BAD: Final = 1
"""Exit status: a bad message, or a verdict that says no."""
USAGE: Final = 2
"""Exit status: wrong usage or configuration."""
BROKEN_PIPE: Final = 141
"""Exit status: whoever read our output has gone (128 + SIGPIPE, as for any tool)."""


def say(text: str) -> None:
    """Write one result, of one or more lines, to standard output at once."""
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer would complain once more when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(BROKEN_PIPE) from None


def note(text: str) -> None:
    """Write one line about the results to standard error."""
    sys.stderr.write(f"jinbao: {text}\n")


def stop(text: str, status: int = USAGE) -> NoReturn:
    """End the verb with one sentence on standard error."""
    note(text)
    raise typer.Exit(status)
