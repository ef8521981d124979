"""The folder of an installation on the command line (switch/cli): its option, its errors.

Every verb that needs an installation says what is wrong with it in the same words.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from switch.cli.outcome import stop
from switch.cli.registering.keeping import kept
from switch.config.faults import ConfigurationError
from switch.config.files import JinbaoFile
from switch.config.installation import KEYS, Installation, load
from switch.config.keystore import KeyStore
from switch.config.reading import Source
from switch.config.registry.changes import ReadChanges

Folder = Annotated[
    Path,
    typer.Option("-c", "--configuration", metavar="DIR", help="The folder of the installation."),
]


MAIN: Final = "jinbao.toml"
"""The file that leads to all others."""


def loaded(folder: Path, registry: ReadChanges = kept) -> Installation:
    """Return the installation; what is wrong ends the verb with status 2, a line for each fault."""
    _check_folder(folder)
    try:
        return load(folder, registry)
    except ConfigurationError as error:
        stop(f"{folder} cannot be used\n{error}")


def main_of(folder: Path) -> JinbaoFile:
    """Return `jinbao.toml` alone, for verbs that must work whatever the rest is like."""
    _check_folder(folder)
    source = Source(folder / MAIN, JinbaoFile)
    if source.model is None:
        stop(f"{folder} cannot be used\n{ConfigurationError(source.faults)}")
    return source.model


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        stop(f"there is no folder {folder}; `jinbao init {folder}` makes one for trying things out")


def key_store(folder: Path) -> KeyStore:
    """Return the keys of an installation; status 2 where they cannot be opened."""
    try:
        return KeyStore.open(folder / KEYS)
    except ConfigurationError as error:
        stop(str(error))


def put_in_place(made: Path, place: Path) -> None:
    """Rename a file of a folder, durably: after a crash too it has its new name. OSError."""
    made.replace(place)
    handle = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
