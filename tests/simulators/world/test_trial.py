"""A trial: the verdict on a world, the same for the same setting in whatever process."""

from __future__ import annotations

import subprocess
import sys

from simulators.world.setting import Setting
from simulators.world.trial import CHECKERS, attempt
from tests.switch.cli.running import ROOT

_SEEDS = (3, 11)
_PROGRAM = f"""
from simulators.world.trial import attempt
from simulators.world.setting import Setting
for seed in {_SEEDS}:
    print(attempt(Setting(seed=seed, minutes=3))[0].digest)
"""


def _digests(hash_seed: str) -> list[str]:
    """Return the digests of some worlds, made in another process."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=100,
    )
    return done.stdout.decode().split()


def test_a_seed_gives_one_digest_in_two_processes_under_two_hash_seeds() -> None:
    here = [attempt(Setting(seed=seed, minutes=3))[0].digest for seed in _SEEDS]
    assert _digests("1") == here
    assert _digests("4242") == here


def test_another_seed_gives_another_digest() -> None:
    first, second = (attempt(Setting(seed=seed, minutes=1))[0] for seed in (1, 2))
    assert first.digest != second.digest


def test_a_trace_does_not_change_the_world() -> None:
    plain, _ = attempt(Setting(seed=5, minutes=1))
    traced, history = attempt(Setting(seed=5, minutes=1, keeps_trace=True))
    assert plain == traced
    assert history.lines


def test_a_verdict_names_the_broken_promise_a_few_times_only() -> None:
    verdict, _ = attempt(Setting(seed=1, minutes=3, plant="clear-pan"))
    assert {violation.promise for violation in verdict.violations} == {"masks"}
    assert len(verdict.violations) == 3
    assert set(CHECKERS) > {"masks"}


def test_a_healthy_world_is_told_in_figures() -> None:
    verdict, history = attempt(Setting(seed=4, minutes=3))
    assert not verdict.violations
    assert verdict.requests == len(history.told) > 0
    assert verdict.steps == history.end.step > 0
    assert verdict.lasted_s >= 180
    assert verdict.settled_after_s is not None


def test_a_world_that_stops_at_a_step_is_judged_by_what_can_be_judged() -> None:
    whole, _ = attempt(Setting(seed=4, minutes=3))
    stopped, history = attempt(Setting(seed=4, minutes=3, until=whole.steps // 2))
    assert stopped.steps == whole.steps // 2
    assert not stopped.violations
    assert not history.is_whole


def test_a_violation_names_its_step_and_stopping_there_shows_it_again() -> None:
    verdict, _ = attempt(Setting(seed=1, minutes=3, plant="clear-pan"))
    step = verdict.violations[0].step
    assert 0 < step < verdict.steps
    again, _ = attempt(Setting(seed=1, minutes=3, plant="clear-pan", until=step))
    assert again.violations[0] == verdict.violations[0]
    before, _ = attempt(Setting(seed=1, minutes=3, plant="clear-pan", until=step - 1))
    assert not before.violations
