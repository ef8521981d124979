"""How a simulated world is replayed (switch/cli): the command for a setting, and its commit.

A seed alone says nothing: another commit may draw another world from it.
"""

from __future__ import annotations

import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec

from simulators.world.setting import Setting

_OPTIONS: Final = (
    "profile", "minutes", "days", "plant", "ledger", "until", "terminals", "issuers", "cards",
)  # fmt: skip
_HERE: Final = Path(__file__).parents[3]


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
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            ["git", "-C", str(_HERE), "rev-parse", "--short", "HEAD"],  # noqa: S607 - as found
            capture_output=True,
            check=False,
            text=True,
            timeout=5,
        )
    except OSError:
        return version("jinbao")
    return done.stdout.strip() or version("jinbao")
