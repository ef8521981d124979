"""Runs tests with a rule of the packaged files turned round, and tells which of them saw it.

A process of its own reads jobs from standard input as JSON: a test and edits, each a file of
specs/, old and new text. Each job is a child of that process with a copy of specs/ of its own, so
that what all need is imported once.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.house.source import ROOT

NEEDED: Final = (
    "switch.pipeline", "switch.config.installation", "switch.config.registry.kinds",
    "switch.cli.app", "switch.cli.registering.registry", "switch.ledger.memory", "simulators.live",
    "bench.serving", "bench.database",
)  # fmt: skip
"""What nearly every test imports, and what reads nothing of specs/ by itself."""
_COMPILED: Final = shutil.ignore_patterns("__pycache__")
_SEES: Final = 1
"""The status of pytest where a test failed."""
_BROKEN: Final = 99
"""Ours, where the child did not come as far as that."""


class Inversion(NamedTuple):
    """A test, and what is turned round for it: (file of specs/, old text, new text)."""

    test: str
    edits: tuple[tuple[str, str, str], ...]


def unseen(inversions: Sequence[Inversion]) -> list[str]:
    """Return what went wrong: tests that did not fail, or could not be run at all."""
    jobs = json.dumps(inversions)
    told = subprocess.run(
        [sys.executable, "-c", f"import {', '.join(NEEDED)}, {__name__} as it; it.main()"],
        input=jobs, capture_output=True, text=True, cwd=ROOT, check=False, timeout=600,
    )  # fmt: skip
    if told.returncode:
        return [told.stderr[-2_000:]]
    return [line for line in told.stdout.splitlines() if line]


def main() -> None:
    """Run the jobs of standard input, and say of each what was wrong."""
    if "specs" in sys.modules:
        sys.exit("what is imported for all has read specs/ already: nothing would be turned round")
    for test, edits in json.load(sys.stdin):
        with tempfile.TemporaryDirectory(prefix="inverted-") as made:
            place = Path(made)
            shutil.copytree(ROOT / "specs", place / "specs", ignore=_COMPILED)
            wrong = next((w for edit in edits if (w := _edited(place, *edit))), "")
            status = _SEES if wrong else _ran(place, test)
            if wrong or status != _SEES:
                why = wrong or f"it ended with {status}: {(place / 'out').read_text()[-600:]}"
                sys.stdout.write(f"{test} {edits}: {' '.join(why.split())}\n")


def _edited(place: Path, name: str, old: str, new: str) -> str:
    """Turn a rule round; return what is wrong where its text is not there."""
    path = place / "specs" / name
    text = path.read_text("utf-8")
    if old not in text or old == new:
        return f"{name} does not say {old!r}"
    path.write_text(text.replace(old, new, 1), "utf-8")
    return ""


def _ran(place: Path, test: str) -> int:
    """Run a test in a child that has this copy of specs/; return the status of pytest."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = _BROKEN
    try:
        status = _in_a_child(place, test)
    finally:
        # Nothing that the parent has to tidy up is tidied up here.
        os._exit(status)


def _in_a_child(place: Path, test: str) -> int:
    out = os.open(place / "out", os.O_WRONLY | os.O_CREAT)
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.path.insert(0, str(place))
    # No plug-in and no settings: a test that fails needs neither, and half of a child's time went
    # into them. As a plug-in, the copy of specs/ is imported before the tree is on the path.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    settings = ("-c", os.devnull, "--rootdir", str(ROOT), "-p", "no:cacheprovider", "-p", "specs")
    status = int(pytest.main([f"{ROOT}/{test}", "-q", "-x", *settings]))
    sys.stdout.flush()
    return status
