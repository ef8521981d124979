"""The folder of an installation on the command line (switch/cli): its option, its errors.

Every verb that needs an installation says what is wrong with it in the same words.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from switch.cli.outcome import stop
from switch.cli.registering.storing import kept
from switch.config.faults import ConfigurationError
from switch.config.installation import KEYS, Installation, load
from switch.config.keystore import KeyStore

Folder = Annotated[
    Path,
    typer.Option("-c", "--configuration", metavar="DIR", help="The folder of the installation."),
]


def loaded(folder: Path) -> Installation:
    """Return the installation; what is wrong ends the verb with status 2, a line for each fault."""
    if not folder.is_dir():
        stop(f"there is no folder {folder}; `jinbao init {folder}` makes one for trying things out")
    try:
        return load(folder, kept)
    except ConfigurationError as error:
        stop(f"{folder} cannot be used\n{error}")


def key_store(folder: Path) -> KeyStore:
    """Return the keys of an installation; status 2 where they cannot be opened."""
    try:
        return KeyStore.open(folder / KEYS)
    except ConfigurationError as error:
        stop(str(error))
