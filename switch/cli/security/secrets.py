"""Keys and PINs that a person hands over (switch/cli): from a file or a hidden prompt.

Never from an argument: arguments stay in the shell's history and in the list of processes. No
complaint quotes what was read.
"""

from __future__ import annotations

import sys
from getpass import getpass
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from messages.crypto.ciphers import Algorithm
from messages.crypto.keys import Key
from switch.cli.outcome import stop

K = TypeVar("K", bound=Key)
_LIMIT: Final = 4096
"""Characters read of a file that should hold one short line."""

KeyFile = Annotated[
    str,
    typer.Option(
        metavar="FILE|-", help="One line of hexadecimal digits; without it a hidden prompt asks."
    ),
]
Sm4 = Annotated[bool, typer.Option("--sm4", help="The key is for SM4, not for 3DES.")]


def algorithm(*, sm4: bool) -> Algorithm:
    """Return the algorithm that `--sm4` chooses."""
    return Algorithm.SM4 if sm4 else Algorithm.TDES


def read_key(kind: type[K], file: str, *, sm4: bool = False, name: str = "") -> K:
    """Return a key from `file` (`-` is stdin) or, when it is empty, from a prompt.

    What is no such key ends the verb with status 2.
    """
    text = read_secret(file, name or kind.role)
    try:
        return kind.from_hex("".join(text.split()), algorithm(sm4=sm4))
    except ValueError as error:
        stop(f"{name or kind.role}: {error}")


def read_secret(file: str, name: str) -> str:
    """Return one line from `file` (`-` is stdin) or, when it is empty, from a hidden prompt."""
    if not file:
        return _asked(name)
    try:
        text = sys.stdin.read(_LIMIT) if file == "-" else _content(Path(file))
    except (OSError, UnicodeDecodeError) as error:
        stop(f"{name}: cannot read {file}: {type(error).__name__}")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) != 1:
        stop(f"{name}: {file} holds {len(lines)} lines, not one")
    return lines[0]


def _content(path: Path) -> str:
    with path.open(encoding="ascii") as stream:
        return stream.read(_LIMIT)


def _asked(name: str) -> str:
    if not sys.stdin.isatty():
        stop(f"{name}: no terminal to ask on; give it in a file")
    try:
        return getpass(f"{name}: ", stream=sys.stderr)
    except EOFError:
        stop(f"{name}: nothing was typed")
