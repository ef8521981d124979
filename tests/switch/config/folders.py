"""Folders of installations for tests: the defaults, with one thing changed."""

from __future__ import annotations

import re
import shutil
from importlib import resources
from pathlib import Path

from messages.crypto.vault import KEY_BYTES
from messages.crypto.wrapping import MASTER_KEY_BYTES
from switch.config.installation import KEYS, VAULT_ROLES
from switch.config.keystore import KeyStore

TERMINALS = tuple(f"5001000{number}" for number in range(1, 7))
LINKS = ("issuer", "issuer-jinbao", "first", "first-jinbao", "outside", "social", "products")
ROLES = ("zmk", "pik", "mak")
NAMES = ("jinbao", "terminals", "cards", "banks", "caps")


def make(folder: Path) -> Path:
    """Write the defaults and their keys."""
    folder.mkdir(exist_ok=True)
    defaults = resources.files("specs") / "defaults"
    for name in NAMES:
        (folder / f"{name}.toml").write_bytes((defaults / f"{name}.toml").read_bytes())
    store = KeyStore.create(folder / KEYS, bytes(range(MASTER_KEY_BYTES)))
    store.put("vault", {role: bytes(KEY_BYTES) for role in VAULT_ROLES})
    tmk = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    store.put("terminals", dict.fromkeys(TERMINALS, tmk))
    store.put("zones", {f"{link}.{role}": bytes(range(16)) for link in LINKS for role in ROLES})
    return folder


def change(folder: Path, name: str, old: str, new: str) -> None:
    """Replace text in one file; it must be there."""
    path = folder / f"{name}.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def away(folder: Path) -> Path:
    """Listen on free ports, and let every issuer be away: nobody listens on port 1."""
    for name, pattern, port in (("jinbao", r":858[34]\b", ":0"), ("banks", r":958\d\b", ":1")):
        path = folder / f"{name}.toml"
        path.write_text(re.sub(pattern, port, path.read_text("utf-8")), "utf-8")
    return folder


def copy(folder: Path, to: Path) -> Path:
    """Copy an installation with the modes of its files."""
    shutil.copytree(folder, to, copy_function=shutil.copy2)
    return to
