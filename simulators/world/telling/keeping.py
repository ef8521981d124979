"""Verdicts that are kept in a directory (simulators/world): a long run goes on where it ended.

One line a world, written as the world ends; the first line says what is run, and by which commit,
for another commit draws other worlds.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Final, Self

import msgspec
from msgspec.structs import replace

from simulators.world.setting import Setting
from simulators.world.trial import Verdict

ERRORS: Final = "errors"
"""The promise of a verdict that an error of our own ended: it says nothing of its world."""
_NAME: Final = "worlds.jsonl"
_FIRST: Final = b'{"commit":'
"""How a first line begins."""


class IntoError(Exception):
    """What is there cannot be gone on with, or nothing kept there; the text says why."""


class _Begun(msgspec.Struct, frozen=True):
    """The first line: what every world is made from but its seed."""

    commit: str
    setting: Setting


class Into:
    """The verdicts of a run that may be ended at any time, and gone on with.

    The file is this run's alone until it is closed, or the process ends, however that does: no
    process that was forked meanwhile holds on to it. So it is opened here only, once.
    """

    def __init__(self, directory: Path, setting: Setting, commit: str) -> None:
        """Begin a run in a directory, or go on with that which was begun there.

        IntoError where another one was or is at work, or what is there is none.
        """
        self._begun = _Begun(commit, replace(setting, seed=0))
        self._file = directory / _NAME
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._lines = self._file.open("a+b", buffering=0)
        except OSError as error:
            raise self._cannot(error) from error
        try:
            fcntl.lockf(self._lines, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._mend()
        except BlockingIOError as error:
            self.close()
            raise IntoError(f"{self._file}: another run is keeping its worlds there") from error
        except OSError as error:
            self.close()
            raise self._cannot(error) from error
        except IntoError:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Return the run."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._lines.close()

    def _cannot(self, error: OSError) -> IntoError:
        return IntoError(f"{self._file.parent}: nothing can be kept there ({error.strerror})")

    def _mend(self) -> None:
        """See that the first line is there and ours, and drop a last one that was cut short."""
        size = 0
        for number, line in enumerate(self._read()):
            if not number and not _is_cut(line):
                self._refuse_another(line)
            if not line.endswith(b"\n"):
                break
            size += len(line)
        self._lines.truncate(size)
        if not size:
            self._write(self._begun)

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
        """Yield every verdict that is there, but those that an error of our own ended.

        IntoError for a line that is none.
        """
        for number, line in enumerate(self._read(), 1):
            if number == 1:
                continue
            try:
                verdict = msgspec.json.decode(line, type=Verdict)
            except msgspec.MsgspecError as error:
                raise IntoError(f"{self._file}, line {number}: {error}") from error
            if all(violation.promise != ERRORS for violation in verdict.violations):
                yield verdict

    def keep(self, verdict: Verdict) -> None:
        """Write a verdict. IntoError where there is no room for it."""
        try:
            self._write(verdict)
        except OSError as error:
            why = f"{self._file}: {error.strerror}; go on later with the same command"
            raise IntoError(why) from error

    def _read(self) -> Iterator[bytes]:
        """Yield all lines. The file stays open: whoever closes one of its handles gives it up."""
        self._lines.seek(0)
        reader = BufferedReader(self._lines)
        try:
            for line in reader:  # noqa: UP028 - `yield from` closes it where reading ends early
                yield line
        finally:
            reader.detach()

    def _write(self, what: _Begun | Verdict) -> None:
        """Write a line, to the end of it: a disk that fills up takes a part before it refuses."""
        left = msgspec.json.encode(what) + b"\n"
        while left:
            left = left[self._lines.write(left) :]


def _is_cut(line: bytes) -> bool:
    """Tell whether this is a first line without its end: nothing is lost with it."""
    return not line.endswith(b"\n") and _FIRST.startswith(line[: len(_FIRST)])
