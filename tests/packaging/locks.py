"""The locks as this project writes them: one pinned release after another, with its hashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from tests.house.source import ROOT

RUNTIME = ROOT / "requirements.lock"
DEVELOPMENT = ROOT / "requirements-dev.lock"
INSTALLER = ROOT / "requirements-setup.lock"


@dataclass(frozen=True)
class Pin:
    """One entry of a lock: a release, where it is wanted, and its allowed files."""

    requirement: Requirement
    hashes: frozenset[str]

    @property
    def release(self) -> str:
        """Name and version, as in `rich==15.0.0`."""
        return f"{self.requirement.name}{self.requirement.specifier}"

    @property
    def is_wanted_here(self) -> bool:
        """Whether this platform installs it."""
        return self.requirement.marker is None or self.requirement.marker.evaluate()


def pins(lock: Path) -> dict[str, Pin]:
    """Return the entries of a lock by name."""
    entries = lock.read_text("utf-8").replace("\\\n", " ").splitlines()
    found = (
        Pin(
            Requirement(entry.partition("--hash")[0]), frozenset(re.findall(r"--hash=(\S+)", entry))
        )
        for entry in entries
    )
    return {pin.requirement.name: pin for pin in found}
