"""A disk for simulations (switch/ledger): it remembers what was written and what was synced.

From that it tells what a power cut would have left. No switch that serves anybody runs on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final

import apsw

_AS_LIKELY_AS_NOT: Final = 0.5


class Disk(apsw.VFS):
    """The default file system of SQLite while it is in use.

    A change is a path, an offset and what was written there; None is a sync, and an offset of None
    a deletion. The sync numbered `fail_sync_at` fails. `base` is what the files held before, by
    name. A disk that is not `is_real` only remembers syncs, which are what takes time.
    """

    def __init__(self, base: Mapping[str, bytes] = {}, *, is_real: bool = True) -> None:
        """Become the default; `unregister` ends it."""
        super().__init__("disk", "unix", makedefault=True)
        self.base = dict(base)
        self.is_real = is_real
        self.changes: list[tuple[str, int | None, bytes | None]] = []
        self.syncs = self.fail_sync_at = 0

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> File:  # noqa: N802
        """Open a file through this disk."""
        return File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: FBT001, N802
        """Delete a file, for good at once."""
        self.changes.append((filename, None, None))
        super().xDelete(filename, syncdir)

    def cut(self, after: int, folder: Path, kept: Random | None = None) -> None:
        """Write what a power cut after so many changes leaves; `kept` picks unsynced writes.

        What is not synced is lost; a few of its writes may have reached the disk, in no order.
        """
        synced = {name: bytearray(content) for name, content in self.base.items()}
        waiting: dict[str, list[tuple[int, bytes]]] = {}
        for whole, offset, written in self.changes[:after]:
            path = whole.rpartition("/")[2]
            if offset is None:
                synced.pop(path, None)
                waiting.pop(path, None)
            elif written is None:
                _put(synced.setdefault(path, bytearray()), waiting.pop(path, []))
            else:
                waiting.setdefault(path, []).append((offset, written))
        if kept is not None:
            for path, writes in waiting.items():
                few = [write for write in writes if kept.random() < _AS_LIKELY_AS_NOT]
                _put(synced.setdefault(path, bytearray()), few)
        for path, content in synced.items():
            (folder / path).write_bytes(content)


class File(apsw.VFSFile):
    """A file on such a disk."""

    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        """Open it under its name."""
        super().__init__("unix", name, flags)
        self.disk = disk
        self.path = str(name.filename() if isinstance(name, apsw.URIFilename) else name)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        """Write."""
        self.disk.changes.append((self.path, offset, bytes(data)))
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        """Sync, unless this is the one that fails."""
        self.disk.syncs += 1
        if self.disk.syncs == self.disk.fail_sync_at:
            raise apsw.IOError("the disk cannot sync")
        self.disk.changes.append((self.path, 0, None))
        if self.disk.is_real:
            super().xSync(flags)


def _put(content: bytearray, writes: Sequence[tuple[int, bytes]]) -> None:
    for offset, written in writes:
        content.extend(bytes(max(0, offset - len(content))))
        content[offset : offset + len(written)] = written


@contextmanager
def disk() -> Iterator[Disk]:
    """Put SQLite on such a disk."""
    made = Disk()
    try:
        yield made
    finally:
        made.unregister()
