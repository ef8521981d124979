"""Every command that a document shows is run, and prints what the document says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.docs import day
from tests.docs.console import commands
from tests.house.source import ROOT

_READMES: Final = tuple(sorted(ROOT.glob("README*.md")))
_GROUPS: Final = (_READMES, *((path,) for path in sorted((ROOT / "docs").rglob("*.md"))))
"""Documents that are read together: what several of them show in the tree is run once."""
_TIMEOUT_S: Final = 240

NOT_RUN: Final[Mapping[str, str]] = {
    "make setup": "it made the environment that these tests run in",
    "make test": "it runs these tests",
    "make bench-codec": "its figures are those of one machine",
    "make fuzz": "it runs until it is stopped",
    ".ci/run": "it runs `make test`",
}
"""Command -> why it is shown and not run here."""

IN_THE_TREE: Final = ("make demo",)
"""Commands that make no sense away from the source tree, and leave no trace in it."""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Lay out what a reader has at hand: the sample files and the `jinbao` command."""
    shutil.copytree(ROOT / "specs" / "samples", tmp_path / "specs" / "samples")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


def _run(command: str, desk: Path) -> str:
    """Return what a command prints, on both channels."""
    env = {
        # Deaf to the make that may run these tests.
        **{name: value for name, value in os.environ.items() if "MAKE" not in name},
        "PATH": f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "LANG": "C.UTF-8",
        "COLUMNS": "80",
    }
    run = subprocess.run(
        ("bash", "-c", command),
        cwd=ROOT if command in IN_THE_TREE else desk,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    return run.stdout


@pytest.mark.timeout(300)  # a demo's eighteen processes, on whatever else the machine does
@pytest.mark.parametrize(
    "documents", _GROUPS, ids=lambda group: group[0].relative_to(ROOT).as_posix()
)
def test_commands_print_what_the_document_says(documents: tuple[Path, ...], desk: Path) -> None:
    wrong, printed = [], dict[str, str]()
    if documents[0].name == day.PAGE:
        day.leave(desk)
    for document in documents:
        for command in commands(document.read_text("utf-8")):
            if command.text in NOT_RUN:
                continue
            if command.text not in printed or command.text not in IN_THE_TREE:
                printed[command.text] = _run(command.text, desk)
            if not command.shows(printed[command.text]):
                where = f"{document.name}:{command.line}: $ {command.text}"
                wrong.append(f"{where}\n{printed[command.text]}")
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def test_the_readmes_show_commands() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        shown = {command.text for command in commands((ROOT / name).read_text("utf-8"))}
        assert {"make demo", "make test"} <= shown
