"""Taking sections out of a TOML text (switch/config/sections), and leaving all else as it is.

Comments right above a table, and in it, go with it; a note stays where the first one was.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Sequence
from typing import Final

_HEADER: Final = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_.-]+)\s*\]\]?\s*(#.*)?$")
NOTE: Final = "# [[{kind}]] is in the registry: jinbao registry show {kind} -c DIR\n"


def cut(text: str, kinds: Collection[str]) -> str:
    """Return a text without these arrays of tables; ValueError where that would take more."""
    lines = text.splitlines(keepends=True)
    headers = [(at, found[1]) for at, line in enumerate(lines) if (found := _HEADER.match(line))]
    kept: list[str] = []
    noted: set[str] = set()
    at = 0
    for place, (header, name) in enumerate(headers):
        if name not in kinds:
            continue
        following = headers[place + 1][0] if place + 1 < len(headers) else len(lines)
        kept += lines[at : _with_comments(lines, header, at)]
        if name not in noted:
            noted.add(name)
            kept += [NOTE.format(kind=name), "\n"]
        at = _end(lines, header, following)
    result = "".join([*kept, *lines[at:]]).rstrip("\r\n") + "\n"
    rest = {name: table for name, table in tomllib.loads(text).items() if name not in kinds}
    if _read(result) != rest:
        raise ValueError("cannot be taken out by itself: write it as [[tables]], one key a line")
    return result


def _read(text: str) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _with_comments(lines: Sequence[str], header: int, least: int) -> int:
    """Return where a table begins: with the comments that stand right above its header."""
    while header > least and lines[header - 1].lstrip().startswith("#"):
        header -= 1
    return header


def _end(lines: Sequence[str], header: int, following: int) -> int:
    """Return where a table ends: after its keys, its comments, and the empty lines after it."""
    if following < len(lines):
        following = _with_comments(lines, following, header + 1)
    content = [at for at in range(header, following) if _is_content(lines[at])]
    end = content[-1] + 1
    while end < following and lines[end].lstrip().startswith("#"):
        end += 1
    while end < following and not lines[end].strip():
        end += 1
    return end


def _is_content(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")
