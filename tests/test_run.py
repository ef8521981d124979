"""The runner of `make test`: verdicts, the closing table, and that no test is left out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import run
from tests.house.source import ROOT


def _outcome(seconds: float, *, passed: bool = True) -> run.Outcome:
    return run.Outcome(run.Part("messages", 70, ()), seconds, 2 * seconds, passed=passed)


@pytest.mark.parametrize(
    ("outcome", "verdict", "is_failure"),
    [
        (_outcome(70), "", False),
        (_outcome(71), "OVER BUDGET", False),
        (_outcome(140), "OVER BUDGET", False),
        (_outcome(141), "FAILED: OVER TWICE ITS BUDGET", True),
        (_outcome(1, passed=False), "FAILED", True),
    ],
)
def test_only_a_failed_command_or_twice_the_budget_fails(
    outcome: run.Outcome, verdict: str, *, is_failure: bool
) -> None:
    assert (outcome.verdict, outcome.is_failure) == (verdict, is_failure)


def test_table_names_each_part_with_seconds_cpu_budget_and_verdict() -> None:
    table = run.table([_outcome(7.25), _outcome(80)], 80.5)
    assert table.splitlines() == [
        "part              seconds      cpu   budget",
        "messages              7.2     14.5       70",
        "messages             80.0    160.0       70  OVER BUDGET",
        "elapsed              80.5    174.5      720",
    ]


def test_a_part_fails_with_any_of_its_commands() -> None:
    good, bad = (sys.executable, "-c", ""), (sys.executable, "-c", "raise SystemExit(3)")
    assert run.run(run.Part("a", 9, (good, good))).passed
    assert not run.run(run.Part("a", 9, (bad, good))).passed


def test_the_cpu_time_of_a_part_is_that_of_the_processes_of_its_processes() -> None:
    busy = "import time\nwhile time.process_time() < 0.2: pass"
    child = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {busy!r}])"
    outcome = run.run(run.Part("a", 9, ((sys.executable, "-c", child),)))
    assert outcome.cpu_s >= 0.2


def test_python_keeps_what_it_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    asking = "import sys; raise SystemExit(sys.dont_write_bytecode)"
    assert run.run(run.Part("a", 9, ((sys.executable, "-c", asking),))).passed


def test_parts_that_need_no_core_of_their_own_run_beside_one_another(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    wait = (
        "import pathlib, sys, time\n"
        "mine, other = map(pathlib.Path, sys.argv[1:])\n"
        "mine.touch(); end = time.monotonic() + 30\n"
        "while not other.exists():\n"
        "    if time.monotonic() > end: sys.exit(mine.name)\n"
        "    time.sleep(0.01)\n"
        "print('met from', mine.name)\n"
    )
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    pair = [
        run.Part(name, 30, ((sys.executable, "-c", wait, mine, other),), is_alone=False)
        for name, mine, other in (("first", a, b), ("second", b, a))
    ]
    last = run.Part("last", 9, ((sys.executable, "-c", "print('alone')"),))
    outcomes = run.run_all([last, *pair])
    assert [each.part.name for each in outcomes] == ["first", "second", "last"]
    assert all(each.passed for each in outcomes)
    said = capfd.readouterr().out.split("\n== ")
    assert sorted(said[1:3]) == ["first\nmet from a\n", "second\nmet from b\n"]
    assert said[3] == "last\nalone\n"


def test_the_rest_is_every_test_that_no_part_names() -> None:
    *named, rest = [part.commands[-1] for part in run.parts() if "pytest" in part.commands[-1]]
    taken = [path for command in named for path in command if path.startswith("tests/")]
    assert taken
    assert all((ROOT / path).exists() for path in taken)
    ignored = {word.removeprefix("--ignore=") for word in rest if word.startswith("--ignore=")}
    assert ignored == set(taken)
    assert rest[-1] == "tests"
