"""Bringing a first registry into a folder, as a person does."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

from tests.switch.cli.running import ROOT, Outcome, run

FIRST: Final = ROOT / "specs" / "defaults" / "first-registry.toml"


def registry(folder: Path, verb: str, *arguments: str) -> Outcome:
    """Run a verb of the registry."""
    return run("registry", verb, *arguments, "-c", str(folder))


def change(folder: Path, verb: str, *arguments: str) -> Outcome:
    """Run a verb that changes it."""
    return registry(folder, verb, *arguments, "--by", "wang", "--why", "test")


def begun(folder: Path) -> Path:
    """Bring the first rows in."""
    # The package's own file, wherever that lies: a rule may have been turned round in it.
    first = resources.files("specs") / "defaults" / FIRST.name
    outcome = change(folder, "import", str(first))
    assert outcome.status == 0, outcome.err
    return folder
