"""What `make test` runs: every part, timed against its budget.

A part that fails does not hide another. Parts run beside one another, the longest first, as long
as there is room for their processes. A budget is CPU time; being over it is printed, and over twice
of it is a failure, as a slow or busy machine is no reason for a red build.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
_PYTHON: Final = str(ROOT / ".venv" / "bin" / "python")
_PYTEST: Final = (_PYTHON, "-m", "pytest", "-q")

_ROOM: Final = 4
"""How many processes share two cores at a time: some wait. A part that takes all of it is alone."""
_LIMIT_S: Final = 720
"""What the whole run may take."""
_NO_BYTECODE: Final = "PYTHONDONTWRITEBYTECODE"
"""Set in many a container. Then each of hundreds of processes compiles all that it imports."""

Command = tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """A named part of `make test`: commands in order and the CPU time they may take together."""

    name: str
    budget_s: float
    commands: tuple[Command, ...]
    workers: int = 1
    """How many processes share its tests: what it takes of the room."""

    @property
    def is_alone(self) -> bool:
        """Whether nothing runs beside it."""
        return self.workers >= _ROOM


@dataclass(frozen=True)
class Outcome:
    """How a part went; `passed` speaks of its commands, not of its time.

    `cpu_s` is what its processes had of the cores: unlike `seconds`, hardly more on a busy machine.
    """

    part: Part
    seconds: float
    cpu_s: float
    passed: bool

    @property
    def verdict(self) -> str:
        """One word or two for the table; the empty text is good."""
        if not self.passed:
            return "FAILED"
        if self.cpu_s > 2 * self.part.budget_s:
            return "FAILED: OVER TWICE ITS BUDGET"
        return "OVER BUDGET" if self.cpu_s > self.part.budget_s else ""

    @property
    def is_failure(self) -> bool:
        """Whether this outcome fails the run."""
        return self.verdict.startswith("FAILED")


SET_UP: Final = Part("set-up", 60, (("make", "--no-print-directory", "setup"),), workers=_ROOM)
# The parts of pytest with a name and a budget of their own, the longest first; `rest` is whatever
# they leave.
_NAMED: Final[dict[str, tuple[float, tuple[str, ...]]]] = {
    "switch": (400, ("tests/switch",)),
    "processes": (240, ("tests/crash", "tests/scenarios")),
    "postgresql": (
        160,
        (
            "tests/switch/ledger/shared",
            "tests/switch/ledger/moving",
            "tests/switch/ledger/test_postgres.py",
            "tests/switch/cli/ledger",
            "tests/switch/cli/books/test_stores.py",
            "tests/switch/cli/serving/test_workers.py",
            "tests/crash/test_two_switches.py",
            "tests/simulators/world/ledgers/test_on_server.py",
        ),
    ),
    "world": (200, ("tests/simulators/world", "tests/simulators/checkers", "tests/simulation")),
    "messages": (100, ("tests/messages", "tests/golden")),
    "conformance": (80, ("tests/simulators/conformance", "tests/switch/cli/conforming")),
    "replay": (60, ("tests/simulators/replay",)),
    "house": (60, ("tests/house", "tests/test_house.py")),
    "load": (200, ("tests/simulators/load", "tests/switch/cli/loading")),
}
_REST_BUDGET_S: Final = 200
_LINT_BUDGET_S: Final = 100
_WORKERS: Final = {"switch": 2, "processes": 2, "world": 2, "load": _ROOM, "rest": 2}
"""How many processes share the tests of a part, where it is more than one. Each of them imports all
of its tests, so more than two pay only where tests mostly wait."""
_REAL_TIME: Final = frozenset({"load", "processes", "postgresql"})
"""Parts that measure in real time. That the machine stood still for a second is no fault of what is
tested: a test of theirs that fails is run again, once, and pytest's last line counts those."""
_FIRST: Final[dict[str, tuple[Command, ...]]] = {
    "world": (
        (str(ROOT / ".venv" / "bin" / "jinbao"), "simulate", "--seeds", "300", "--jobs", "2"),
    ),
}
"""What a part runs before its tests."""


def parts() -> tuple[Part, ...]:
    """Return every part after the set-up, in order; a part without a folder is left out."""
    named = {
        name: (budget_s, present)
        for name, (budget_s, paths) in _NAMED.items()
        if (present := tuple(path for path in paths if (ROOT / path).exists()))
    }
    ignored = tuple(f"--ignore={path}" for _, paths in named.values() for path in paths)
    lint = (
        (_PYTHON, "-m", "ruff", "check", "--quiet"),
        (_PYTHON, "-m", "ruff", "format", "--check", "--quiet"),
        (_PYTHON, "-m", "mypy"),
    )
    return (
        *(
            _tests(name, budget_s, (*_within(paths, ignored), *paths))
            for name, (budget_s, paths) in named.items()
        ),
        _tests("rest", _REST_BUDGET_S, (*ignored, "tests")),
        Part("lint and types", _LINT_BUDGET_S, lint),
    )


def _tests(name: str, budget_s: float, where: tuple[str, ...]) -> Part:
    """Return a part of pytest: how many processes share it, how often tests may be run again."""
    workers = _WORKERS.get(name, 1)
    shared = ("-n", str(workers)) if workers > 1 else ()
    again = ("--reruns", "1") if name in _REAL_TIME else ()
    command = (*_PYTEST, *shared, *again, *where)
    return Part(name, budget_s, (*_FIRST.get(name, ()), command), workers)


def _within(paths: Sequence[str], ignored: Sequence[str]) -> tuple[str, ...]:
    """Return what of a part's folders belongs to other parts."""
    folders = tuple(f"--ignore={path}/" for path in paths)
    return tuple(each for each in ignored if each.startswith(folders))


def environment() -> Mapping[str, str]:
    """Return the environment of every command: ours, where Python keeps what it compiled."""
    return {name: value for name, value in os.environ.items() if name != _NO_BYTECODE}


def _run(command: Command, output: int | None) -> tuple[int, float, bytes]:
    """Run a command; return its status, the CPU time of it and its processes, and what it said."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=output, stderr=subprocess.STDOUT
    )
    said = b""
    if process.stdout is not None:
        with process.stdout as stream:
            said = stream.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime, said


def run(part: Part) -> Outcome:
    """Run a part's commands in order, every one of them, and time them together.

    What runs beside another part says what it has to say when it has ended.
    """
    if part.is_alone:
        print(f"\n== {part.name}", flush=True)
    start = time.monotonic()
    output = None if part.is_alone else subprocess.PIPE
    ended = [_run(command, output) for command in part.commands]
    seconds = time.monotonic() - start
    if not part.is_alone:
        said = b"".join(words for _, _, words in ended).decode(errors="replace")
        print(f"\n== {part.name}\n{said}", end="", flush=True)
    cpu_s = sum(cpu_s for _, cpu_s, _ in ended)
    return Outcome(part, seconds, cpu_s, passed=not any(status for status, _, _ in ended))


def run_all(chosen: Sequence[Part]) -> list[Outcome]:
    """Run parts beside one another; whenever there is room, the first that fits begins."""
    waiting, running, outcomes = list(chosen), dict[Future[Outcome], Part](), list[Outcome]()
    with ThreadPoolExecutor(_ROOM) as pool:
        while waiting or running:
            room = _ROOM - sum(part.workers for part in running.values())
            part = next((each for each in waiting if each.workers <= room), None)
            if part is not None:
                waiting.remove(part)
                running[pool.submit(run, part)] = part
                continue
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for each in ended:
                del running[each]
                outcomes.append(each.result())
    return outcomes


def table(outcomes: Sequence[Outcome], elapsed_s: float) -> str:
    """Return the closing table: a line for each part, then the whole."""
    lines = [f"{'part':16}{'seconds':>9}{'cpu':>9}{'budget':>9}"]
    lines += [
        _line(each.part.name, (each.seconds, each.cpu_s, each.part.budget_s), each.verdict)
        for each in outcomes
    ]
    cpu_s = sum(each.cpu_s for each in outcomes)
    verdict = "OVER BUDGET" if elapsed_s > _LIMIT_S else ""
    return "\n".join([*lines, _line("elapsed", (elapsed_s, cpu_s, _LIMIT_S), verdict)])


def _line(name: str, figures: tuple[float, float, float], verdict: str) -> str:
    seconds, cpu_s, budget_s = figures
    return f"{name:16}{seconds:9.1f}{cpu_s:9.1f}{budget_s:9.0f}  {verdict}".rstrip()


def main() -> int:
    """Set up, run every part, print the table; 1 when anything failed."""
    start = time.monotonic()
    outcomes = [run(SET_UP)]
    if not outcomes[0].is_failure:
        outcomes += run_all(parts())
    print(f"\n{table(outcomes, time.monotonic() - start)}", flush=True)
    return int(any(each.is_failure for each in outcomes))


if __name__ == "__main__":
    sys.exit(main())
