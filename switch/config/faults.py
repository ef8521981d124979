"""What is wrong with a configuration (switch/config): file, line, key, reason, and all of it.

A validator knows keys, not lines; the lines of a TOML file are found by its headers and keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

import msgspec

from messages.masking import mask_numbers

Location = tuple[str | int, ...]
"""A key as pydantic tells it: names of tables and keys, indices of arrays of tables."""

_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\"-]+)\s*\]")
_KEY: Final = re.compile(r"\s*(\"[^\"]+\"|[A-Za-z0-9_-]+)\s*=")
_MOST_TOLD: Final = 50
"""Faults that an error's text lists; the rest is counted."""


class Fault(msgspec.Struct, frozen=True, order=True):
    """One thing that is wrong; `line` is 0 where it is not known, `key` empty for a whole file."""

    file: str
    line: int
    key: str
    reason: str

    def __post_init__(self) -> None:
        """Mask what could be a card number: a value in the wrong field is told on a screen."""
        msgspec.structs.force_setattr(self, "key", mask_numbers(self.key))
        msgspec.structs.force_setattr(self, "reason", mask_numbers(self.reason))

    def __str__(self) -> str:
        """Return the fault in one line."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key}: {self.reason}" if self.key else f"{place}: {self.reason}"


class Wrong(NamedTuple):
    """A row of the registry that is wrong: kind, key, field and reason."""

    kind: str
    key: str
    field: str
    reason: str

    def fault(self, file: str, line: int = 0) -> Fault:
        """Return it as a fault of where the row stands."""
        where = ".".join(each for each in (self.kind, self.key, self.field) if each)
        return Fault(file, line, where, self.reason)


class ConfigurationError(ValueError):
    """A configuration that cannot be used; `faults` are all that was found, file by file."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        """Keep the faults, sorted; the text has one line for each."""
        self.faults = sorted(set(faults))
        lines = [str(fault) for fault in self.faults[:_MOST_TOLD]]
        if len(self.faults) > _MOST_TOLD:
            lines.append(f"and {len(self.faults) - _MOST_TOLD} more")
        super().__init__("\n".join(lines))


class Lines:
    """Where the keys of one TOML text stand; read at the first question only."""

    __slots__ = ("_lines", "_text")

    def __init__(self, text: str) -> None:
        """Take the text of a file."""
        self._text = text
        self._lines: dict[Location, int] | None = None

    def of(self, where: Location) -> int:
        """Return the line (from 1) of a key, or of the nearest table around it; 0 if none is."""
        if self._lines is None:
            self._lines = _index(self._text)
        for end in range(len(where), 0, -1):
            if line := self._lines.get(where[:end]):
                return line
        return 0


def _index(text: str) -> dict[Location, int]:
    found: dict[Location, int] = {}
    counts: dict[str, int] = {}
    table: Location = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            name = header[2]
            table = tuple(step.strip('"') for step in name.split("."))
            if header[1] == "[[":
                found.setdefault(table, number)
                table = (*table, counts.get(name, 0))
                counts[name] = counts.get(name, 0) + 1
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, key[1].strip('"')), number)
    return found


def shown(where: Location) -> str:
    """Return a location as a person reads it: `terminal[2].merchant`, counted from 0."""
    text = ""
    for step in where:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def reason_of(error: Mapping[str, Any], known: Iterable[str] = ()) -> str:
    """Return what pydantic found, in this house's words; never the value."""
    match error["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            near = get_close_matches(str(error["loc"][-1]), list(known), n=1)
            return f"there is no such key{f'; did you mean {near[0]}?' if near else ''}"
    return str(error["msg"]).removeprefix("Value error, ")
