"""A history of changes as a file (switch/config/registry): one change a line, in JSON.

`jinbao registry show --history` writes one. Before the registry was in the ledger's database, the
folder of an installation had it as `registry/changes.jsonl`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from switch.config.faults import ConfigurationError, Fault
from switch.config.registry.changes import Change, Changes
from switch.config.registry.fields import KEPT
from switch.config.registry.kinds import KINDS
from switch.config.registry.texts import no_card, one_line

OLD: Final = Path("registry", "changes.jsonl")
"""Where a folder had its registry."""


def old_file(folder: Path) -> Path | None:
    """Return the file of changes of a folder, None where it has none with a change in it."""
    path = folder / OLD
    return path if path.exists() and _lines(path, is_own=True) else None


def read_history(path: Path, *, is_own: bool) -> Changes:
    """Return the changes of a file; ConfigurationError has every line that is wrong.

    The folder's own is taken with the texts of its time, and without a last line that is not
    whole: that was a change that never happened.
    """
    found, faults = Changes(str(path)), []
    decode = _decode if is_own else _checked
    for number, line in enumerate(_lines(path, is_own=is_own), 1):
        if wrong := found.take(number, partial(decode, line), KEPT if is_own else None):
            faults.append(Fault(str(path), number, *wrong))
    if faults:
        raise ConfigurationError(faults)
    return found


_decode: Final = msgspec.json.Decoder(Change).decode


def _checked(line: bytes) -> Change:
    """Return a change whose words are as those of a new one must be, and whose rows are kept so.

    What a person may give, such as a whole settlement card, is not what a history may have.
    """
    change = _decode(line)
    for kind, rows in change.rows.items():
        for row in rows if kind in KINDS else ():
            KINDS[kind].model_validate(row, context=KEPT)
    for name in ("at", "by", "why"):
        try:
            no_card(one_line(getattr(change, name)))
        except ValueError as error:
            raise ValueError(f"{name} {error}") from None
    return change


def _lines(path: Path, *, is_own: bool) -> list[bytes]:
    try:
        *lines, last = path.read_bytes().split(b"\n")
    except OSError as error:
        raise ConfigurationError([Fault(str(path), 0, "", f"{error.strerror}")]) from None
    return lines if is_own or not last else [*lines, last]
