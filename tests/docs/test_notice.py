"""docs/notice.md: every clause of the notice is there, and what is called done can be shown."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.docs.inverting import Inversion, unseen
from tests.house.source import ROOT
from tests.switch.cli.registering.bringing import begun
from tests.switch.cli.running import run
from tests.switch.config import folders

_STATES: Final = ("done", "not a system's work")
_CLAUSES: Final = frozenset(
    {"一", "三"}
    | {f"二({n})" for n in "一二三"}
    | {f"三({n})" for n in "一二三"}
    | {"四(一)", "四(二)"}
    | {f"四(三){n}" for n in "123"}
    | {f"四(四){n}" for n in "124"}
    | {f"四(四)3({n})" for n in "123456"}
    | {f"五({n})" for n in "一二三"}
)
"""Every numbered clause that asks for something."""


class _Row(NamedTuple):
    clause: str
    state: str
    what: str
    test: str
    command: str
    turned: str

    @property
    def edit(self) -> tuple[str, str, str]:
        """The file of specs/, what it says, and the opposite."""
        name, old, new = re.findall(r"`([^`]*)`", self.turned)
        return name, old, new.replace("; ", "\n")


def _rows() -> list[_Row]:
    text = (ROOT / "docs" / "notice.md").read_text("utf-8")
    lines = [line for line in text.splitlines() if re.match(r"\| [一二三四五]", line)]
    return [_Row(*(cell.strip() for cell in line.strip("|").split("|"))) for line in lines]


_ROWS: Final = _rows()
_DONE: Final = [row for row in _ROWS if row.state == "done"]


def test_every_clause_has_its_row() -> None:
    assert {row.clause.partition(" ")[0] for row in _ROWS} == _CLAUSES
    assert len({row.clause for row in _ROWS}) == len(_ROWS)


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row.clause)
def test_a_row_says_what_its_state_needs(row: _Row) -> None:
    assert row.state in _STATES
    assert row.what
    shown = {bool(row.test), bool(row.command), bool(row.turned)}
    assert shown == {row.state == "done"}


def test_no_clause_is_open() -> None:
    assert [row.clause for row in _ROWS if row.state not in _STATES] == []
    assert "issue open" not in (ROOT / "docs" / "notice.md").read_text("utf-8")


@pytest.mark.parametrize("row", _DONE, ids=lambda row: row.clause)
def test_the_test_of_a_clause_exists(row: _Row) -> None:
    path, _, name = row.test.strip("`").partition("::")
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    defined = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert name.startswith("test_")
    assert name in defined


@pytest.mark.timeout(400)
def test_the_test_of_a_clause_fails_when_its_rule_is_turned_round() -> None:
    inversions = [Inversion(row.test.strip("`"), (row.edit,)) for row in _DONE]
    assert unseen(inversions) == []


def test_a_rule_that_is_only_written_otherwise_makes_no_test_fail() -> None:
    same = ("defaults/caps.toml", "limit_fen = 100000 #", "limit_fen = 100_000 #")
    gone = ("defaults/caps.toml", "limit_fen = 99 #", "limit_fen = 100_000 #")
    test = next(row.test.strip("`") for row in _DONE if row.clause == "四(四)1")
    told = unseen([Inversion(test, (same,)), Inversion(test, (gone,))])
    assert ["it ended with 0" in told[0], "does not say" in told[1]] == [True, True]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which `city` is an installation with its first registry."""
    folder = tmp_path_factory.mktemp("notice")
    begun(folders.make(folder / "city"))
    return folder


@pytest.mark.parametrize("command", sorted({row.command for row in _DONE}))
def test_the_command_of_a_clause_runs(
    city: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(city)
    program, *arguments = shlex.split(command.strip("`"))
    outcome = run(*arguments)
    assert program == "jinbao"
    assert outcome.status == 0, outcome.err
