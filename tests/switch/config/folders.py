"""Folders of installations for tests: the defaults, with one thing changed."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

from messages.crypto.vault import KEY_BYTES
from messages.crypto.wrapping import MASTER_KEY_BYTES
from switch.config.installation import KEYS, VAULT_ROLES
from switch.config.keystore import KeyStore

NAMES = ("jinbao", "terminals", "cards", "banks", "caps")


def make(folder: Path) -> Path:
    """Write the defaults and their keys."""
    folder.mkdir(exist_ok=True)
    defaults = resources.files("specs") / "defaults"
    for name in NAMES:
        (folder / f"{name}.toml").write_bytes((defaults / f"{name}.toml").read_bytes())
    store = KeyStore.create(folder / KEYS, bytes(range(MASTER_KEY_BYTES)))
    store.put("vault", {role: bytes(KEY_BYTES) for role in VAULT_ROLES})
    store.put("terminals", {"50010001": bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")})
    store.put("zones", {f"issuer.{role}": bytes(range(16)) for role in ("zmk", "pik", "mak")})
    return folder


def change(folder: Path, name: str, old: str, new: str) -> None:
    """Replace text in one file; it must be there."""
    path = folder / f"{name}.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def copy(folder: Path, to: Path) -> Path:
    """Copy an installation with the modes of its files."""
    shutil.copytree(folder, to, copy_function=shutil.copy2)
    return to
