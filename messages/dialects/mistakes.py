"""What is wrong with a spec file: at which line, and in words that need no knowledge of pydantic.

A part of messages/dialects. A validator knows keys; a walk over the tables of the file knows where
they are written. A key that is not there has the line of the table that should hold it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

Path = tuple[str, ...]
"""The way to a value; an entry of a list of tables goes by its id or name."""

_PART: Final = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_DOTTED: Final = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER: Final = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_KEY: Final = re.compile(rf"\s*({_DOTTED})\s*=")
_ELEMENT: Final = re.compile(r"""\s*\{.*?\b(?:id|name)\s*=\s*["']([^"']*)""")
_LAST_KEY: Final = re.compile(r"([A-Za-z0-9_-]+)\s*=\s*\[\s*$")
_NO_SYNTAX: Final = re.compile(r""""(?:[^"\\]|\\.)*"|'[^']*'|#.*""")
"""Strings and comments: brackets in them open nothing."""


def entry_name(entry: object, index: int) -> str:
    """Return what an entry of a list goes by: its id, its name, or `#` and its place from 1."""
    if isinstance(entry, dict):
        for key in ("id", "name"):
            if isinstance(entry.get(key), str):
                return str(entry[key])
    return f"#{index + 1}"


def line_of(text: str, path: Sequence[str]) -> int:
    """Return the line (from 1) of the TOML `text` at which `path` is written.

    Where its end is not there, the line of what should hold it; 0 if even that is nowhere.
    """
    places = _Walk(text).places
    for end in range(len(path), 0, -1):
        if line := places.get(tuple(path[:end])):
            return line
    return 0


class _Walk:
    """One walk over the lines of a file: headers of tables, keys, and entries of lists."""

    def __init__(self, text: str) -> None:
        self.places: dict[Path, int] = {}
        self._table: Mapping[str, Any] = tomllib.loads(text)
        self._counts: dict[Path, int] = {}
        self._here: Path = ()
        self._open: list[Path] = []
        """Lists that are still open, the innermost last."""
        for number, line in enumerate(text.splitlines(), start=1):
            self._line(number, line)

    def _line(self, number: int, line: str) -> None:
        bare = _NO_SYNTAX.sub("", line)
        at = self._open[-1] if self._open else self._here
        if self._open:
            if element := _ELEMENT.match(line):
                at = (*at, element[1])
        elif header := _HEADER.match(line):
            self._here = self._entry(_parts(header[2]), is_new=header[1] == "[[")
            self.places.setdefault(self._here, number)
            return
        elif key := _KEY.match(line):
            at = (*at, *_parts(key[1]))
        if at:
            self.places.setdefault(at, number)
        opened = bare.count("[") - bare.count("]")
        if opened > 0:
            inner = _LAST_KEY.search(bare) if self._open else None
            self._open += [(*at, inner[1]) if inner else at] * opened
        elif opened:
            del self._open[opened:]

    def _entry(self, steps: Path, *, is_new: bool) -> Path:
        """Return the path of a header, with the name of the last entry of each list on the way."""
        path: Path = ()
        value: Any = self._table
        for index, step in enumerate(steps):
            path = (*path, step)
            value = value[step]
            if isinstance(value, list):
                if is_new and index == len(steps) - 1:
                    self._counts[path] = self._counts.get(path, -1) + 1
                count = self._counts.get(path, 0)
                value, path = value[count], (*path, entry_name(value[count], count))
        return path


def _parts(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))


# ------------------------------------------------------------------------------------- in words

_WORDS: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "extra_forbidden": "is no key that this table has",
    "literal_error": "is not {expected}",
    "string_type": "is not text",
    "int_type": "is not a whole number",
    "bool_type": "is not true or false",
    "tuple_type": "is not a list",
    "dict_type": "is not a table",
    "model_type": "is not a table",
    "model_attributes_type": "is not a table",
    "string_pattern_mismatch": "is not written as {pattern}",
    "string_too_long": "has more than {max_length} characters",
    "greater_than_equal": "is less than {ge}",
    "less_than_equal": "is more than {le}",
    "too_short": "has {actual_length} entries, at least {min_length} are needed",
    "too_long": "has {actual_length} entries, at most {max_length} are allowed",
}
"""Pydantic's kind of error -> what a person is told."""


def first_mistake(error: ValidationError, table: Mapping[str, Any]) -> tuple[Path, str]:
    """Return where the first error in `table` is, and what it is, in words."""
    first = error.errors(include_url=False, include_input=False)[0]
    words = _WORDS.get(first["type"])
    if words is None:
        return _path(first["loc"], table), first["msg"].removeprefix("Value error, ")
    return _path(first["loc"], table), words.format(**first.get("ctx", {}))


def _path(place: Sequence[int | str], table: Mapping[str, Any]) -> Path:
    """Return pydantic's place as a path: entries by their names, and nothing that is no key."""
    path: list[str] = []
    value: Any = table
    for step in place:
        if isinstance(value, list) and isinstance(step, int):
            # A pair of texts may be too short for the step that is missing.
            value = value[step] if step < len(value) else None
            path.append(entry_name(value, step))
        elif isinstance(value, dict) and step != "[key]":
            value = value.get(step)
            path.append(str(step))
    return tuple(path)
