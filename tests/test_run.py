"""The runner of `make test`: verdicts, the closing table, and that no test is left out."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from tests import run
from tests.house.source import ROOT


def _outcome(cpu_s: float, *, passed: bool = True) -> run.Outcome:
    return run.Outcome(run.Part("messages", 70, ()), 2 * cpu_s, cpu_s, passed=passed)


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
    outcomes = [_outcome(7.25), _outcome(80)]
    assert run.table(outcomes, 160.5).splitlines() == [
        "part              seconds      cpu   budget",
        "messages             14.5      7.2       70",
        "messages            160.0     80.0       70  OVER BUDGET",
        "elapsed             160.5     87.2      720",
    ]
    assert run.table(outcomes, 720.5).endswith("  OVER BUDGET")


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


def test_parts_run_beside_one_another_and_the_one_that_takes_all_the_room_alone(
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
        run.Part(name, 30, ((sys.executable, "-c", wait, mine, other),))
        for name, mine, other in (("first", a, b), ("second", b, a))
    ]
    last = run.Part("last", 9, ((sys.executable, "-c", "print('alone')"),), workers=run._ROOM)
    outcomes = run.run_all([pair[0], last, pair[1]])
    assert {each.part.name for each in outcomes[:2]} == {"first", "second"}
    assert outcomes[2].part.name == "last"
    assert all(each.passed for each in outcomes)
    said = capfd.readouterr().out.split("\n== ")
    assert sorted(said[1:3]) == ["first\nmet from a\n", "second\nmet from b\n"]
    assert said[3] == "last\nalone\n"


def test_the_first_part_that_fits_begins_whenever_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_once = {"a", "b", "d"}  # c does not fit beside a and b
    met, changing = threading.Barrier(len(at_once)), threading.Lock()
    taken, most = 0, 0

    def stand_in(part: run.Part) -> run.Outcome:
        nonlocal taken, most
        with changing:
            taken += part.workers
            most = max(most, taken)
        if part.name in at_once:
            met.wait(30)
        with changing:
            taken -= part.workers
        return run.Outcome(part, 0, 0, passed=True)

    monkeypatch.setattr(run, "run", stand_in)
    chosen = [
        run.Part(name, 9, (), size) for name, size in zip("abcde", (2, 1, 2, 1, 4), strict=True)
    ]
    assert {each.part.name for each in run.run_all(chosen)} == set("abcde")
    assert most == run._ROOM


def test_the_rest_is_every_test_that_no_part_names() -> None:
    commands = [part.commands[-1] for part in run.parts() if "pytest" in part.commands[-1]]
    *named, rest = commands
    taken = [path for command in named for path in command if path.startswith("tests/")]
    assert taken
    assert all((ROOT / path).exists() for path in taken)
    ignored = {word.removeprefix("--ignore=") for word in rest if word.startswith("--ignore=")}
    assert ignored == set(taken)
    assert rest[-1] == "tests"
