"""The command `jinbao` as a whole (switch/cli): its verbs, its version, its last resort.

Exit status: 0 good, 1 a bad message or verdict, 2 usage or configuration; never a traceback.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from switch.cli import load
from switch.cli.outcome import USAGE, note, say

_COMPLETIONS: Final = frozenset({"--install-completion", "--show-completion"})
_NO_DETECTION: Final = "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"
"""With it typer takes the name of the shell; else it looks for one among the parent processes."""


class LazyVerbs(TyperGroup):
    """The verbs of `load.VERBS`, each imported when it is used."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - typer's own signature
        """Return the verbs in the order of the help."""
        return list(load.VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - as above
        """Import and return one verb, None if there is none of this name."""
        if cmd_name not in load.VERBS:
            return None
        command = typer.main.get_command(load.verb(cmd_name))
        command.name = cmd_name
        return command


app = typer.Typer(
    name="jinbao",
    cls=LazyVerbs,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Decode, check, build and authenticate the messages of card acquiring (金保).",
    epilog="Exit status: 0 good, 1 a bad message or verdict, 2 usage or configuration.",
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        say(f"jinbao {load.version()}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_tell_version,
            help="Print the version.",
            is_eager=True,
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command; whatever goes wrong ends in one line, never in a traceback."""
    # Where the locale lacks a character it is escaped: a table is worth more than an error.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if len(sys.argv) == 3 and sys.argv[1] in _COMPLETIONS:  # noqa: PLR2004 - a shell is named
        os.environ[_NO_DETECTION] = "1"
    try:
        app(prog_name="jinbao")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - the last resort of the command line
        # A traceback could quote card data, so only the place is told.
        where = traceback.extract_tb(error.__traceback__)[-1]
        note(f"internal error: {type(error).__name__} in {where.name}, line {where.lineno}")
        sys.exit(USAGE)
