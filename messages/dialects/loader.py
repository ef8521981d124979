"""Finding and reading dialect files: TOML, `extends`, `transaction_types`, and errors with places.

A packaged dialect is named (`pos`); a file of one's own is given by its path. A file may extend
another and say only what differs.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from messages.dialects.compile import ContradictionError, compile_dialect
from messages.dialects.dialect import Dialect
from messages.dialects.family import JOINT, joined
from messages.dialects.mistakes import entry_name, first_mistake, line_of
from messages.dialects.model import FORMAT, DialectSpec, TransactionTypesSpec

Table = dict[str, Any]
_LISTS_BY_KEY = {"layouts": "id", "transactions": "id", "head": "name"}
_DEEPEST = 8
_FOLDERS = {"dialect": "dialects", "transaction-types": "transaction_types"}


class SpecError(ValueError):
    """A spec file that cannot be used: `file`, `line` (0 where unknown), `key` and `reason`."""

    def __init__(self, file: str, reason: str, *, key: str = "", line: int = 0) -> None:
        """Keep the place and the reason; the text is one line for a person."""
        self.file = file
        self.line = line
        self.key = key
        self.reason = reason
        place = f"{file}:{line}" if line else file
        super().__init__(f"{place}: {key}: {reason}" if key else f"{place}: {reason}")


def packaged_names() -> tuple[str, ...]:
    """Return the names of the dialects that come with the program, sorted."""
    return _names("dialect")


def _names(kind: str) -> tuple[str, ...]:
    folder = resources.files("specs") / _FOLDERS[kind]
    return tuple(
        sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))
    )


@cache
def load_dialect(name: str) -> Dialect:
    """Return a packaged dialect by name, or one from a path (anything with `/` or `.toml`).

    Raises SpecError: no such dialect, or the file is wrong.
    """
    table, lineage = resolve(name)
    source = _locate(name, "dialect")
    try:
        return compile_dialect(DialectSpec.model_validate(table), lineage)
    except ValidationError as error:
        path, reason = first_mistake(error, table)
        raise _refusal(source, path, reason) from None
    except ContradictionError as problem:
        raise _refusal(source, problem.key.split("."), problem.reason) from None


@cache
def load_joined(names: str) -> Dialect:
    """Return the dialect of a name, or several read as one: `pos+composite`; SpecError as above."""
    try:
        return joined([load_dialect(name) for name in names.split(JOINT)])
    except ValueError as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(names, str(error)) from None


def resolve(name: str) -> tuple[Table, tuple[str, ...]]:
    """Return the whole table of a dialect after merging, and the names it was merged from."""
    return _resolve(name, ())


def _resolve(name: str, above: tuple[str, ...]) -> tuple[Table, tuple[str, ...]]:
    if name in above or len(above) >= _DEEPEST:
        raise SpecError(name, f"extends itself: {' -> '.join((*above, name))}", key="extends")
    source = _locate(name, "dialect")
    table = _read(source, "dialect")
    parent = table.pop("extends", None)
    lineage: tuple[str, ...] = (name,)
    removed = table.pop("remove", [])
    for kind in table.pop("transaction_types", []):
        _named(source, "transaction_types", str(kind), "transaction-types")
        # What a file names takes the place of what it inherits, and gives way to its own words.
        table = merge(_transaction_types(str(kind)), table, keep_order=True)
    if parent is not None:
        _named(source, "extends", str(parent), "dialect")
        inherited, older = _resolve(str(parent), (*above, name))
        for path in removed:
            _remove(inherited, str(path), source)
        table = merge(inherited, table)
        lineage = (name, *older)
    return table, lineage


def _transaction_types(name: str) -> Table:
    source = _locate(name, "transaction-types")
    table = _read(source, "transaction-types")
    try:
        TransactionTypesSpec.model_validate(table)
    except ValidationError as error:
        path, reason = first_mistake(error, table)
        raise _refusal(source, path, reason) from None
    return {k: table[k] for k in ("values", "presence", "transactions") if k in table}


def _locate(name: str, kind: str) -> Traversable | Path:
    if name.endswith(".toml") or "/" in name:
        path = Path(name)
        if not path.is_file():
            raise SpecError(name, "no such file")
        return path
    found = resources.files("specs") / _FOLDERS[kind] / f"{name}.toml"
    if not re.fullmatch(r"[a-z0-9_-]+", name) or not found.is_file():
        raise SpecError(name, f"no {kind} of this name; {_known(kind)}")
    return found


def _known(kind: str) -> str:
    return f"there are {', '.join(_names(kind))}, or give a .toml file"


def _named(source: Traversable | Path, key: str, name: str, kind: str) -> None:
    """Raise SpecError at `key` of the file `source` if what it names is nowhere."""
    try:
        _locate(name, kind)
    except SpecError:
        raise _refusal(source, [key], f"names {name}, which is nowhere; {_known(kind)}") from None


def _read(source: Traversable | Path, kind: str) -> Table:
    try:
        table = tomllib.loads(source.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        raise SpecError(str(source), str(error), line=int(found[1]) if found else 0) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(str(source), f"cannot be read: {type(error).__name__}") from None
    _check_head(source, table, kind)
    _check_names(source, table)
    return table


def _check_head(source: Traversable | Path, table: Table, kind: str) -> None:
    """Raise SpecError unless a file says that it is of our format and of this kind."""
    for key, wanted in (("format", FORMAT), ("kind", kind)):
        if key not in table:
            raise SpecError(
                str(source), f"is missing; this should say {key} = {_toml(wanted)}", key=key
            )
        found = table[key]
        # In Python True and 1.0 equal 1; in a file they are something else.
        if type(found) is not type(wanted) or found != wanted:
            reason = f"this release reads {key} = {_toml(wanted)}, the file says {_toml(found)}"
            raise _refusal(source, [key], reason)


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def _check_names(source: Traversable | Path, table: Table) -> None:
    """Raise SpecError where an entry of a list has no name to merge by."""
    frame = table.get("frame")
    heads = frame.get("head") if isinstance(frame, dict) else None
    lists = {"layouts": table.get("layouts"), "transactions": table.get("transactions")}
    for name, entries in {**lists, "frame.head": heads}.items():
        path = name.split(".")
        by = _LISTS_BY_KEY[path[-1]]
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if not isinstance(entry, dict) or not isinstance(entry.get(by), str):
                raise _refusal(source, [*path, entry_name(entry, index)], f"has no {by}")


def merge(old: Table, new: Mapping[str, Any], *, keep_order: bool = False) -> Table:
    """Return `old` with what `new` says: tables merge, named lists by name, others replace.

    With `keep_order`, `new`'s own list entries come first (they were there before `old` was added).
    """
    merged = dict(old)
    for key, value in new.items():
        before = merged.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            merged[key] = merge(before, value)
        elif isinstance(before, list) and isinstance(value, list) and key in _LISTS_BY_KEY:
            merged[key] = _merge_lists(before, value, _LISTS_BY_KEY[key], first=keep_order)
        else:
            merged[key] = value
    return merged


def _merge_lists(old: list[Table], new: list[Table], by: str, *, first: bool) -> list[Table]:
    changed = {entry.get(by): entry for entry in new}
    kept = [changed.pop(entry.get(by), entry) for entry in old]
    fresh = list(changed.values())
    return fresh + kept if first else kept + fresh


def _remove(table: Table, path: str, source: Traversable | Path) -> None:
    *above, last = path.split(".")
    here: Any = table
    for step in above:
        here = here.get(step, {}) if isinstance(here, dict) else {}
    if isinstance(here, dict) and above and above[-1] in _LISTS_BY_KEY:
        here = {}
    if isinstance(here, dict) and last in here:
        del here[last]
        return
    if above and isinstance(entries := table.get(above[0]), list):
        kept = [e for e in entries if e.get(_LISTS_BY_KEY.get(above[0], "id")) != last]
        if len(kept) < len(entries):
            table[above[0]] = kept
            return
    raise _refusal(source, ["remove"], f"removes {path}, which is not there")


def _refusal(source: Traversable | Path, path: Sequence[str], reason: str) -> SpecError:
    """Return the error about the value at `path`, with its line in the file."""
    line = line_of(source.read_text(encoding="utf-8"), path)
    return SpecError(str(source), reason, key=".".join(path), line=line)


def flatten(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (dotted key, value) of every leaf; entries of a named list go by their name."""
    for key, value in table.items():
        here = f"{above}.{key}" if above else key
        if isinstance(value, dict):
            yield from flatten(value, here)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            by = next((n for n in ("id", "name") if n in value[0]), None)
            for index, entry in enumerate(value):
                yield from flatten(entry, f"{here}.{entry[by] if by else index}")
        else:
            yield here, value
