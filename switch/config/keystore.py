"""The folder `keys/` of an installation (switch/config): every key in a box but one.

`master.key` opens the boxes and is readable by its owner only; the other files hold nothing that
is of use without it.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Final, Literal

from messages.crypto.wrapping import MASTER_KEY_BYTES, MasterKey
from switch.config.faults import ConfigurationError, Fault
from switch.config.files import FORMAT

Group = Literal["vault", "terminals", "zones"]
"""A file of boxes: card data at rest, TMKs by terminal, zone keys by `link.role`."""

MASTER: Final = "master.key"
_OTHERS: Final = 0o077
_HEAD: Final = (
    "# Keys in boxes that only master.key opens (AES-256-SIV). Written by `jinbao keys`: a line\n"
    "# can be removed by hand, but not moved to another name or installation.\n"
    f"format = {FORMAT}\n\n[boxes]\n"
)


class KeyStore:
    """The boxes of one installation, opened on demand."""

    __slots__ = ("_boxes", "_folder", "_master")

    def __init__(self, folder: Path, master: MasterKey) -> None:
        """Hold the boxes of `folder`; files are read at their first use."""
        self._folder = folder
        self._master = master
        self._boxes: dict[Group, dict[str, str]] = {}

    @classmethod
    def create(cls, folder: Path, master_key: bytes) -> KeyStore:
        """Make `folder` (0700) and its master key (0600); FileExistsError if there is one."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / MASTER
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(master_key.hex() + "\n")
        return cls(folder, MasterKey(master_key))

    @classmethod
    def open(cls, folder: Path) -> KeyStore:
        """Read the master key; ConfigurationError if it is missing, damaged, or open to others."""
        path = folder / MASTER
        try:
            text = path.read_text(encoding="ascii").strip()
            mode = path.stat().st_mode & 0o777
        except (OSError, UnicodeDecodeError) as error:
            raise _wrong(path, f"cannot be read: {type(error).__name__}") from None
        if mode & _OTHERS:
            raise _wrong(path, f"others may use it (mode {mode:04o}); should be 0600")
        try:
            return cls(folder, MasterKey(bytes.fromhex(text)))
        except ValueError:
            reason = f"should be {MASTER_KEY_BYTES} bytes as hexadecimal digits"
            raise _wrong(path, reason) from None

    def path(self, group: Group) -> Path:
        """Return the file of a group."""
        return self._folder / f"{group}.toml"

    def names(self, group: Group) -> frozenset[str]:
        """Return the names that have a box."""
        return frozenset(self._group(group))

    def key(self, group: Group, name: str) -> bytes | None:
        """Return a key, None where there is no box; WrapError when the box does not open."""
        box = self._group(group).get(name)
        if box is None:
            return None
        try:
            sealed = bytes.fromhex(box)
        except ValueError:
            sealed = b""
        return self._master.unwrap(sealed, f"{group}/{name}")

    def put(self, group: Group, keys: dict[str, bytes]) -> None:
        """Put keys into boxes and write the group's file anew, in one step."""
        boxes = self._group(group)
        for name, key in keys.items():
            boxes[name] = self._master.wrap(key, f"{group}/{name}").hex()
        path = self.path(group)
        fresh = path.with_suffix(".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(_HEAD)
            stream.writelines(f'"{name}" = "{box}"\n' for name, box in sorted(boxes.items()))
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(path)

    def _group(self, group: Group) -> dict[str, str]:
        if group not in self._boxes:
            self._boxes[group] = self._read(group)
        return self._boxes[group]

    def _read(self, group: Group) -> dict[str, str]:
        path = self.path(group)
        try:
            table = tomllib.loads(path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise _wrong(path, f"cannot be read: {type(error).__name__}") from None
        boxes = table.get("boxes")
        if table.get("format") != FORMAT or not isinstance(boxes, dict):
            raise _wrong(path, f"is no file of boxes of format {FORMAT}")
        if not all(isinstance(box, str) for box in boxes.values()):
            raise _wrong(path, "every box is a text of hexadecimal digits")
        return boxes


def _wrong(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError([Fault(str(path), 0, "", reason)])
