"""`jinbao simulate`: worlds in numbers, a line and a replay command for each broken promise."""

from __future__ import annotations

import json
import shlex

import pytest

from simulators.world import trial
from switch.cli.outcome import BAD, USAGE
from tests.switch.cli.running import command, run


def test_worlds_that_keep_their_promises_are_told_in_one_sentence() -> None:
    done = run("simulate", "--seeds", "3", "--minutes", "1")
    assert done.status == 0
    assert done.out.startswith("3 worlds, ")
    assert done.out.endswith("every promise was kept\n")


def test_a_broken_promise_is_one_line_with_the_command_that_replays_it() -> None:
    done = run("simulate", "--seeds", "2", "--minutes", "1", "--plant", "clear-pan")
    assert done.status == BAD
    *lines, sentence = done.out.splitlines()
    assert len(lines) == 2
    assert "2 broke a promise" in sentence
    assert "no clear PAN in any report" in lines[0]
    replay = shlex.split(lines[1].partition("replay: jinbao ")[2])
    again = run(*replay)
    assert again.status == BAD
    assert again.out.splitlines()[0] == lines[1]


def test_a_seed_is_replayed_with_all_that_happened() -> None:
    done = run("simulate", "--seed", "2", "--minutes", "1", "--trace")
    assert done.status == 0
    assert "from terminal 1" in done.out
    assert "seed 2: digest " in done.err
    assert done == run("simulate", "--seed", "2", "--minutes", "1", "--trace")


def test_verdicts_are_objects_for_programs() -> None:
    done = run("simulate", "--seeds", "2", "--seed", "4", "--minutes", "1", "--json")
    verdicts = [json.loads(line) for line in done.out.splitlines()]
    assert [verdict["seed"] for verdict in verdicts] == [4, 5]
    assert all(verdict["digest"] and not verdict["violations"] for verdict in verdicts)


def test_an_unknown_plant_is_a_usage_error() -> None:
    done = run("simulate", "--plant", "roses")
    assert done.status == USAGE
    assert "no plant roses" in done.err


def test_an_error_of_our_own_breaks_a_promise_and_names_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_history: object) -> list[trial.Violation]:
        raise ZeroDivisionError

    monkeypatch.setattr(trial, "check", fail)
    done = run("simulate", "--seeds", "1", "--minutes", "1")
    assert done.status == BAD
    assert "ZeroDivisionError in fail" in done.out


def test_another_process_says_the_same() -> None:
    asked = ("simulate", "--seed", "9", "--minutes", "1", "--json")
    here = run(*asked)
    for hash_seed in ("1", "77"):
        assert command(*asked, PYTHONHASHSEED=hash_seed).out == here.out
