"""Bringing a first registry into a folder, as a person does."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

from switch.cli.registering.storing import place_of
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
    state, rows = folder / "state", first.read_bytes()
    is_new = not (place_of(folder).url or state.exists())
    if is_new and rows in _MADE:
        # A ledger takes a quarter of a second to be made, and is the same each time.
        state.mkdir()
        for name, content in _MADE[rows].items():
            (state / name).write_bytes(content)
        return folder
    outcome = change(folder, "import", str(first))
    assert outcome.status == 0, outcome.err
    if is_new:
        _MADE[rows] = {path.name: path.read_bytes() for path in state.iterdir()}
    return folder


_MADE: Final[dict[bytes, dict[str, bytes]]] = {}
