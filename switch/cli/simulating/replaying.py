"""How a simulated world is replayed (switch/cli): the command for a setting, and its commit.

A seed alone says nothing: another commit, or other code that was not committed, may draw another
world from it.
"""

from __future__ import annotations

import subprocess
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec

from simulators.world.setting import Setting

_OPTIONS: Final = (
    "profile", "minutes", "days", "plant", "ledger", "until", "terminals", "issuers", "cards",
)  # fmt: skip
_HERE: Final = Path(__file__).parents[3]
_MADE_FROM: Final = ("switch", "simulators", "messages", "routing", "fees", "specs")
"""Whatever a world depends on: a change elsewhere draws no other world."""


def command(setting: Setting) -> str:
    """Return the command that lets this world happen again; options as they are by default go."""
    default = Setting(seed=setting.seed)
    parts = [f"jinbao simulate --seed {setting.seed}"]
    given = msgspec.structs.asdict(setting)
    parts += [
        f"--{name} {given[name]}" for name in _OPTIONS if given[name] != getattr(default, name)
    ]
    if setting.without:
        parts.append(f"--without {','.join(setting.without)}")
    return " ".join(parts)


@cache
def commit() -> str:
    """Return the commit that runs, else the version: without it a seed says nothing."""
    return commit_of(_HERE) or version("jinbao")


def commit_of(root: Path) -> str:
    """Return the commit of a working tree, `6bccdeb+1f0c9a2b` with what was changed since then.

    Behind the plus is a hash of the changes to whatever worlds are made from. Nothing where there
    is no repository of our own: one that we are merely installed in says nothing of us.
    """
    if not (root / ".git").exists():
        return ""
    try:
        head = _git(root, "rev-parse", "--short", "HEAD").decode().strip()
        changed = _git(root, "diff", "HEAD", "--no-ext-diff", "--binary", "--", *_MADE_FROM)
        added = _git(root, "ls-files", "-z", "--others", "--exclude-standard", "--", *_MADE_FROM)
        new = [(name, (root / name.decode()).read_bytes()) for name in added.split(b"\0") if name]
    except (OSError, subprocess.SubprocessError):
        return ""
    if not changed and not new:
        return head
    said = sha256(changed)
    for name, content in new:
        said.update(b"\0%s\0%d\0" % (name, len(content)) + content)
    return f"{head}+{said.hexdigest()[:8]}"


def _git(root: Path, *asked: str) -> bytes:
    """Return what git says. OSError or SubprocessError where it says nothing."""
    return subprocess.run(  # noqa: S603 - our own words
        ["git", "-C", str(root), *asked],  # noqa: S607 - as found
        capture_output=True,
        check=True,
        timeout=20,
    ).stdout
