"""Clearing files on disk (switch/cli): written beside their place, moved there when whole.

A folder per day: positions, points and classes as CSV, details for each bank, and a manifest with
the totals and the SHA-256 of each.
"""

from __future__ import annotations

import hashlib
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

from switch.settlement.clearing import Clearing, Entry
from switch.settlement.files import (
    ACQUIRER,
    ERRORS,
    ISSUER,
    Tally,
    classes_csv,
    csv_lines,
    file_name,
    points_csv,
    positions_csv,
    record,
    signed_amount,
)
from switch.settlement.rules import Rules

_ENCODING: Final = "ascii"
MANIFEST: Final = "manifest.csv"


class DayFolder:
    """The folder of one day, while its files are written."""

    def __init__(self, folder: Path, day: int, rules: Rules) -> None:
        """Begin an empty folder beside its place."""
        self._place = folder / f"{day}"
        self._made = folder / f".{day}.new"
        self._day, self._rules = day, rules
        self._open = ExitStack()
        self._files: dict[str, tuple[BinaryIO, Tally]] = {}
        shutil.rmtree(self._made, ignore_errors=True)
        self._made.mkdir(parents=True)

    def take(self, entry: Entry) -> None:
        """Write the detail of an entry for its acquirer and its issuer."""
        kept = entry.row.record
        line = record(entry, self._rules.categories.get(entry.row.key.terminal, "")) + "\n"
        data = line.encode(_ENCODING, "replace")
        fen = signed_amount(entry)
        self._write(f"{kept.acquirer}/{file_name(self._day, ACQUIRER)}", data, fen)
        self._write(f"{kept.issuer}/{file_name(self._day, ISSUER)}", data, fen)
        if entry.sign < 0:
            self._write(f"{kept.acquirer}/{file_name(self._day, ERRORS)}", data, fen)

    def finish(self, made: Clearing) -> dict[str, str]:
        """Write what sums the day up, and put the folder in its place; return the digests."""
        self._open.close()
        listed: list[tuple[object, ...]] = [
            ("file", "records", "debit_fen", "credit_fen", "sha256"),
        ]
        digests = {}
        for name, (_, tally) in sorted(self._files.items()):
            listed.append((name, tally.count, tally.debit_fen, tally.credit_fen, tally.digest))
            digests[name] = tally.digest
        for name, data in (
            ("positions.csv", positions_csv(made)),
            ("points.csv", points_csv(made)),
            ("classes.csv", classes_csv(made)),
        ):
            (self._made / name).write_bytes(data)
            digests[name] = hashlib.sha256(data).hexdigest()
            listed.append((name, data.count(b"\n") - 2, "", "", digests[name]))
        manifest = csv_lines(listed)
        (self._made / MANIFEST).write_bytes(manifest)
        digests[MANIFEST] = hashlib.sha256(manifest).hexdigest()
        shutil.rmtree(self._place, ignore_errors=True)
        self._made.rename(self._place)
        return digests

    def give_up(self) -> None:
        """Leave nothing behind."""
        self._open.close()
        shutil.rmtree(self._made, ignore_errors=True)

    def _write(self, name: str, data: bytes, fen: int) -> None:
        if name not in self._files:
            path = self._made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            self._files[name] = self._open.enter_context(path.open("wb")), Tally()
        file, tally = self._files[name]
        file.write(data)
        tally.add(data, fen)
