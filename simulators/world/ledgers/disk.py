"""A world's ledger in SQLite (simulators/world), on a disk that forgets what was not synced.

Each process opens the files that the one before it left: all that it wrote, or, after a power cut,
what had reached the disk. One process at a time: the file is locked.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Final

from simulators.world.ledgers.kept import Opened
from switch.core.operations import Operation
from switch.core.outcomes import Outcome
from switch.ledger.embedded.power import Disk
from switch.ledger.sqlite import SqliteLedger

_NAME: Final = "ledger.db"
_FILLS: Final = 0.02
"""How likely the tables are filled after a batch, as a thread does every second."""


class OnDisk(Opened):
    """A SQLite ledger in a folder of its own, which goes with the world."""

    def __init__(self, chance: Random) -> None:
        """Begin without any file."""
        self._chance = chance
        self._home = TemporaryDirectory(prefix="jinbao-world-")
        self._folder = self._fresh(0)
        self._lives = 0
        self._disk: Disk | None = None
        self._ledger: SqliteLedger | None = None

    def _fresh(self, number: int) -> Path:
        folder = Path(self._home.name) / str(number)
        folder.mkdir()
        return folder

    @property
    def ledger(self) -> SqliteLedger:
        """The ledger as it is open, opened again where nobody has it open."""
        if self._ledger is None:
            self.open()
        if self._ledger is None:
            raise LookupError("the ledger did not open")
        return self._ledger

    def open(self) -> None:
        """Open what the process before left."""
        if self._ledger is None:
            files = sorted(self._folder.iterdir())
            self._disk = Disk({path.name: path.read_bytes() for path in files}, is_real=False)
            self._ledger = SqliteLedger(self._folder / _NAME, fill_every_s=None)

    def die(self, is_power_cut: bool) -> None:  # noqa: FBT001 - as `Kept`
        """Leave the files as they are, or as a power cut in the middle of a fill leaves them."""
        disk, ledger = self._disk, self._ledger
        if disk is None or ledger is None:
            return
        self._lives += 1
        left = self._fresh(self._lives)
        if is_power_cut:
            before = len(disk.changes)
            ledger.fill()
            disk.cut(self._chance.randint(before, len(disk.changes)), left, self._chance)
        else:
            for path in sorted(self._folder.iterdir()):
                copyfile(path, left / path.name)
        ledger.abandon()
        disk.unregister()
        self._folder = left
        self._disk = self._ledger = None

    def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        """Carry a batch out; now and then the tables are filled behind it."""
        outcomes = self.ledger.submit(batch)
        if self._chance.random() < _FILLS:
            self.ledger.fill()
        return outcomes

    def close(self) -> None:
        """Remove the files."""
        if self._ledger is not None:
            self._ledger.abandon()
        if self._disk is not None:
            self._disk.unregister()
        self._home.cleanup()
