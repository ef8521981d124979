"""`jinbao` on a disk that cannot sync once a file is there, which is named before the verb."""

from __future__ import annotations

import sys
from pathlib import Path

import apsw

from switch.cli.app import main


class _Disk(apsw.VFS):
    def __init__(self, trigger: Path) -> None:
        super().__init__("failing", "unix", makedefault=True)
        self.trigger = trigger

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> _File:  # noqa: N802
        return _File(self, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, disk: _Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self.disk = disk

    def xSync(self, flags: int) -> None:  # noqa: N802
        if self.disk.trigger.exists():
            raise apsw.IOError("the disk cannot sync")
        super().xSync(flags)


if __name__ == "__main__":
    DISK = _Disk(Path(sys.argv.pop(1)))
    main()
