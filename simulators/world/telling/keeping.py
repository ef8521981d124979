"""Verdicts that are kept in a directory (simulators/world): a long run goes on where it ended.

One line a world, written as the world ends; the first line says what is run, and by which commit,
for another commit draws other worlds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from simulators.world.setting import Setting
from simulators.world.trial import Verdict

_NAME: Final = "worlds.jsonl"


class IntoError(Exception):
    """What is there cannot be gone on with; the text says why."""


class _Begun(msgspec.Struct, frozen=True):
    """The first line: what every world is made from but its seed."""

    commit: str
    setting: Setting


class Into:
    """The verdicts of a run that may be ended at any time, and gone on with."""

    def __init__(self, directory: Path, setting: Setting, commit: str) -> None:
        """Begin a run in a directory, or go on with that which was begun there.

        IntoError where another one was, or what is there is none.
        """
        self._begun = _Begun(commit, replace(setting, seed=0))
        self._file = directory / _NAME
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._mend()
        except OSError as error:
            raise IntoError(f"{directory}: nothing can be kept there ({error.strerror})") from error

    def _mend(self) -> None:
        """See that the first line is there and ours, and drop a last one that was cut short."""
        if not self._file.exists() or not self._file.stat().st_size:
            self._file.write_bytes(msgspec.json.encode(self._begun) + b"\n")
            return
        with self._file.open("r+b") as lines:
            size = 0
            for number, line in enumerate(lines):
                if not number:
                    self._refuse_another(line)
                if not line.endswith(b"\n"):
                    break
                size += len(line)
            lines.truncate(size)

    def _refuse_another(self, line: bytes) -> None:
        try:
            begun = msgspec.json.decode(line, type=_Begun)
        except msgspec.MsgspecError as error:
            raise IntoError(f"{self._file} is not the file of a run ({error})") from error
        if begun.commit != self._begun.commit:
            raise IntoError(f"{self._file} was begun at commit {begun.commit}: other worlds")
        if begun != self._begun:
            raise IntoError(f"{self._file} is of worlds made from other options")

    def known(self) -> Iterator[Verdict]:
        """Yield every verdict that is there. IntoError for a line that is none."""
        with self._file.open("rb") as lines:
            next(lines, None)
            for number, line in enumerate(lines, 2):
                try:
                    yield msgspec.json.decode(line, type=Verdict)
                except msgspec.MsgspecError as error:
                    raise IntoError(f"{self._file}, line {number}: {error}") from error

    def keep(self, verdict: Verdict) -> None:
        """Write a verdict."""
        with self._file.open("ab") as lines:
            lines.write(msgspec.json.encode(verdict) + b"\n")
