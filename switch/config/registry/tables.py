"""Reading rows that somebody wrote (switch/config/registry): CSV or TOML, with lines for faults.

A CSV file holds one kind, which its header and cells are of; a TOML file holds any, as arrays of
tables. A cell that is empty is a field that is not given.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from messages.masking import mask_numbers
from switch.config.faults import ConfigurationError, Fault, Lines, reason_of, shown
from switch.config.registry.fields import Row
from switch.config.registry.kinds import KINDS

_FORMAT: Final = 1


class Rows:
    """The rows of one file: `of` has them by kind, `lines` where each stands."""

    __slots__ = ("file", "lines", "of")

    def __init__(self, file: str) -> None:
        """Begin empty."""
        self.file = file
        self.of: dict[str, list[Row]] = {}
        self.lines: dict[tuple[str, str], int] = {}


def read_rows(path: Path, kind: str) -> Rows:
    """Return the rows of a file; ConfigurationError with everything that is wrong in it.

    `kind` is what a CSV file holds; where it is empty, the file's name says so.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(path, 0, f"cannot be read: {type(error).__name__}") from None
    given = _toml(path, text) if path.suffix == ".toml" else _csv(path, text, kind or path.stem)
    return _checked(path, given)


def _wrong(path: Path, line: int, reason: str) -> ConfigurationError:
    return ConfigurationError([Fault(str(path), line, "", reason)])


def _csv(path: Path, text: str, kind: str) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    if kind not in KINDS:
        raise _wrong(path, 0, f"holds which kind? --kind is one of {', '.join(KINDS)}")
    reader = csv.reader(io.StringIO(text), strict=True)
    header: list[str] | None = None
    try:
        for cells in reader:
            if header is None:
                header = cells
                _check_header(path, kind, header)
            elif len(cells) > len(header) or (cells and len(cells) < len(header)):
                raise _wrong(path, reader.line_num, f"has {len(cells)} cells, not {len(header)}")
            elif cells:
                row = {name: cell for name, cell in zip(header, cells, strict=True) if cell}
                yield kind, reader.line_num, row
    except csv.Error as error:
        raise _wrong(path, reader.line_num, str(error)) from None


def _check_header(path: Path, kind: str, header: list[str]) -> None:
    """Say everything that is wrong with the columns at once, and not again for each row."""
    fields = KINDS[kind].model_fields
    if len(set(header)) < len(header):
        raise _wrong(path, 1, "a column is there twice")
    faults = [
        Fault(str(path), 1, f"{kind}.{mask_numbers(name)}", reason_of(_unknown(name), fields))
        for name in header
        if name not in fields
    ]
    faults += [
        Fault(str(path), 1, f"{kind}.{name}", "is missing: the first line names the columns")
        for name, field in fields.items()
        if field.is_required() and name not in header
    ]
    if faults:
        raise ConfigurationError(faults)


def _unknown(name: str) -> Mapping[str, Any]:
    return {"type": "extra_forbidden", "loc": (name,)}


def _toml(path: Path, text: str) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(path, 0, str(error)) from None
    lines = Lines(text)
    if found.pop("format", None) != _FORMAT:
        raise _wrong(path, lines.of(("format",)), f"format should be {_FORMAT}")
    for kind, rows in found.items():
        if kind not in KINDS or not isinstance(rows, list):
            reason = f"{mask_numbers(kind)} is no kind; there are {', '.join(KINDS)}"
            raise _wrong(path, lines.of((kind,)), reason)
        for index, row in enumerate(rows):
            line = lines.of((kind, index))
            if not isinstance(row, dict):
                raise _wrong(path, line, f"{kind} should be an array of tables")
            yield kind, line, row


def _checked(path: Path, given: Iterator[tuple[str, int, Mapping[str, Any]]]) -> Rows:
    found, faults = Rows(str(path)), []
    for kind, line, fields in given:
        try:
            row = KINDS[kind].model_validate(fields)
        except ValidationError as error:
            for each in error.errors(include_url=False, include_input=False):
                reason = reason_of(each, KINDS[kind].model_fields)
                faults.append(
                    Fault(str(path), line, f"{kind}.{mask_numbers(shown(each['loc']))}", reason)
                )
            continue
        before = found.lines.setdefault((kind, row.key), line)
        if before != line:
            reason = f"{row.key} is there already, in line {before}"
            faults.append(Fault(str(path), line, kind, reason))
        found.of.setdefault(kind, []).append(row)
    if faults:
        raise ConfigurationError(faults)
    if not found.of:
        raise _wrong(path, 0, "holds no rows")
    return found


def read_row(kind: str, fields: Mapping[str, object]) -> Row:
    """Return one row; ConfigurationError with every field that is wrong.

    A field that is an empty text is not given.
    """
    given = {name: value for name, value in fields.items() if value != ""}
    (row,) = _checked(Path("the row"), iter([(kind, 0, given)])).of[kind]
    return row
