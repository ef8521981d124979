"""Clearing files on disk (switch/cli): written beside their place, moved there when whole.

A folder per day: positions, points and classes as CSV, details for each bank, and a manifest with
the totals and the SHA-256 of each. Nothing that is there is ever removed or written over.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

from switch.settlement.clearing import Adjustment, Clearing, Entry
from switch.settlement.files import (
    ACQUIRER,
    ERRORS,
    ISSUER,
    ISSUER_ERRORS,
    Tally,
    classes_csv,
    csv_lines,
    error_record,
    file_name,
    points_csv,
    positions_csv,
    record,
    signed_amount,
)
from switch.settlement.movements import put_right
from switch.settlement.rules import Rules

_ENCODING: Final = "ascii"
MANIFEST: Final = "manifest.csv"


class PlaceTakenError(Exception):
    """Something is where the folder of a day belongs."""


class DayFolder:
    """The files of one day while they are made; without a folder only their digests come of it."""

    def __init__(self, folder: Path | None, day: int, rules: Rules) -> None:
        """Begin an empty folder beside its place. PlaceTakenError, OSError."""
        self._day, self._rules = day, rules
        self._open = ExitStack()
        self._files: dict[str, tuple[BinaryIO | None, Tally]] = {}
        self._made: Path | None = None
        self._place = Path()
        if folder is not None:
            self._place = place_of(folder, day)
            if _is_taken(self._place):
                raise PlaceTakenError(
                    f"{self._place} is there already, and nothing in it is written over:"
                    " move it away, or name another folder"
                )
            folder.mkdir(parents=True, exist_ok=True)
            # A name of its own: what another run left behind is not ours to take away.
            self._made = Path(tempfile.mkdtemp(prefix=f".{day}.", suffix=".new", dir=folder))
            self._made.chmod(0o755)

    def take(self, entry: Entry) -> None:
        """Write the detail of an entry for its acquirer and its issuer."""
        kept = entry.row.record
        category = self._rules.categories.get(entry.row.key.terminal, "")
        fen = signed_amount(entry)
        for bank, is_issuers in ((kept.acquirer, False), (kept.issuer, True)):
            line = record(entry, category, is_issuers=is_issuers)
            self._write(bank, ISSUER if is_issuers else ACQUIRER, line, fen)
            if entry.sign < 0:
                self._write(bank, ISSUER_ERRORS if is_issuers else ERRORS, line, fen)

    def _put_right(self, adjustment: Adjustment) -> None:
        """Write what a case puts right for its acquirer and for whoever issued the card."""
        for part in put_right(adjustment.movements, adjustment.acquirer):
            for bank, is_issuers in ((part.acquirer, False), (part.issuer, True)):
                line = error_record(adjustment, part, is_issuers=is_issuers)
                if bank:
                    self._write(bank, ISSUER_ERRORS if is_issuers else ERRORS, line, part.fen)

    def finish(self, made: Clearing) -> dict[str, str]:
        """Write what sums the day up; return the digests. The folder is still beside its place."""
        for adjustment in made.adjustments:
            self._put_right(adjustment)
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
            digests[name] = self._whole(name, data)
            listed.append((name, data.count(b"\n") - 2, "", "", digests[name]))
        digests[MANIFEST] = self._whole(MANIFEST, csv_lines(listed))
        return digests

    def put(self) -> None:
        """Move the folder to its place. OSError where something has come there meanwhile."""
        if self._made is not None:
            self._made.rename(self._place)
            self._made = None

    def give_up(self) -> None:
        """Leave nothing of ours behind that is not in its place."""
        self._open.close()
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)
            self._made = None

    def _whole(self, name: str, data: bytes) -> str:
        if self._made is not None:
            (self._made / name).write_bytes(data)
        return hashlib.sha256(data).hexdigest()

    def _write(self, bank: str, ending: str, line: str, fen: int) -> None:
        name = f"{bank}/{file_name(self._day, ending)}"
        data = (line + "\n").encode(_ENCODING, "replace")
        if name not in self._files:
            self._files[name] = self._opened(name), Tally()
        file, tally = self._files[name]
        if file is not None:
            file.write(data)
        tally.add(data, fen)

    def _opened(self, name: str) -> BinaryIO | None:
        if self._made is None:
            return None
        path = self._made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return self._open.enter_context(path.open("wb"))


def place_of(folder: Path, day: int) -> Path:
    """Return where the files of a day are."""
    return folder / f"{day}"


def is_there(place: Path, digests: Mapping[str, str]) -> bool:
    """Tell whether a folder holds these files, byte for byte, and nothing else."""
    if not place.is_dir():
        return False
    found = {
        path.relative_to(place).as_posix(): path for path in place.rglob("*") if not path.is_dir()
    }
    return found.keys() == digests.keys() and all(
        hashlib.sha256(path.read_bytes()).hexdigest() == digests[name]
        for name, path in found.items()
    )


def _is_taken(place: Path) -> bool:
    """Tell whether something is there; an empty folder is as good as none."""
    return place.is_symlink() or (
        place.exists() and not (place.is_dir() and next(place.iterdir(), None) is None)
    )
