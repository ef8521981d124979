"""`jinbao simulate`: worlds in numbers, a line and a replay command for each broken promise."""

from __future__ import annotations

import errno
import json
import os
import re
import shlex
import signal
from pathlib import Path

import pytest

from simulators.world import trial
from simulators.world.setting import Setting
from simulators.world.telling import tally
from simulators.world.telling.keeping import Into
from simulators.world.trial import Verdict
from switch.cli.outcome import BAD, USAGE
from switch.cli.simulating import simulate as verb
from tests.switch.cli.running import command, run


def test_worlds_that_keep_their_promises_are_told_in_tables_and_one_sentence() -> None:
    done = run("simulate", "--seeds", "3", "--minutes", "1")
    assert done.status == 0
    lines = done.out.splitlines()
    assert lines[-1].startswith("3 worlds, 0.")
    assert lines[-1].endswith("every promise was kept")
    assert [line for line in lines if not line.startswith(" ")][:-1] == [
        "fault",
        "promise",
        "at stake",
    ]
    assert "simulated hours and " in done.err


def test_a_broken_promise_is_one_line_with_the_command_that_replays_it() -> None:
    done = run("simulate", "--seeds", "2", "--minutes", "1", "--plant", "clear-pan", "--no-shrink")
    assert done.status == BAD
    lines = [line for line in done.out.splitlines() if "replay: " in line]
    assert len(lines) == 2
    assert "2 broke a promise" in done.out
    assert "no clear card data" in lines[0]
    assert " seed 1 step " in lines[1]
    again = run(*shlex.split(lines[1].partition("replay: jinbao ")[2]), "--no-shrink")
    assert again.status == BAD
    assert again.out.splitlines()[0] == lines[1]


def test_the_smallest_world_that_fails_is_told_with_its_conversation() -> None:
    done = run("simulate", "--seed", "8", "--minutes", "1", "--plant", "lost-reversal")
    assert done.status == BAD
    smallest = next(line for line in done.out.splitlines() if line.startswith("smallest: "))
    assert "--without " in smallest
    assert "--terminals 1" in smallest
    assert "the conversation of " in done.out
    assert "Acknowledge REVERSED -> Closed" in done.out
    again = run(*shlex.split(smallest.partition("replay: jinbao ")[2]), "--no-shrink")
    assert again.status == BAD


def test_a_seed_is_replayed_with_all_that_happened() -> None:
    done = run("simulate", "--seed", "4", "--minutes", "1", "--trace")
    assert done.status == 0
    assert "from terminal 1" in done.out
    assert "seed 4: digest " in done.err
    assert done.out == run("simulate", "--seed", "4", "--minutes", "1", "--trace").out


def test_a_world_stops_at_a_step() -> None:
    done = run("simulate", "--seed", "2", "--until", "100", "--json")
    assert json.loads(done.out)["steps"] == 100


def test_profiles_ledgers_and_processes_can_be_chosen() -> None:
    asked = ("--seeds", "9", "--minutes", "1", "--profile", "calm", "--json")
    alone, together = run("simulate", *asked), run("simulate", *asked, "--jobs", "2")
    assert alone == together
    assert all(not json.loads(line)["crashes"] for line in alone.out.splitlines())
    done = run("simulate", "--seed", "1", "--minutes", "1", "--ledger", "sqlite", "--json")
    assert done.status == 0


def test_what_no_world_met_in_a_state_is_told_where_it_is_asked_for() -> None:
    done = run("simulate", "--seed", "1", "--minutes", "1", "--coverage")
    assert "never met" in done.out
    assert "FORESTALLED" in done.out


def test_a_run_that_proves_too_little_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "JUDGED_FROM", 2)
    done = run("simulate", "--seeds", "2", "--minutes", "1", "--profile", "calm")
    assert done.status == BAD
    assert "proves too little: the fault " in done.out
    done = run("simulate", "--seeds", "2", "--minutes", "1", "--profile", "calm", "--json")
    assert done.status == BAD
    assert [json.loads(line)["seed"] for line in done.out.splitlines()] == [0, 1]
    [told] = done.err.splitlines()
    assert told.startswith("jinbao: proves too little: the fault ")


def test_verdicts_are_objects_for_programs() -> None:
    done = run("simulate", "--seeds", "2", "--seed", "4", "--minutes", "1", "--json")
    verdicts = [json.loads(line) for line in done.out.splitlines()]
    assert [verdict["seed"] for verdict in verdicts] == [4, 5]
    assert all(verdict["digest"] and not verdict["violations"] for verdict in verdicts)


@pytest.mark.parametrize(
    ("option", "what"),
    [
        ("--plant", "plant"),
        ("--profile", "profile"),
        ("--ledger", "ledger"),
        ("--without", "kind of fault or business"),
    ],
)
def test_an_unknown_name_is_a_usage_error_that_lists_the_known_ones(option: str, what: str) -> None:
    done = run("simulate", option, "roses")
    assert done.status == USAGE
    assert f"no {what} roses; there are " in done.err


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (("--into", ""), "--into '': should name a directory"),
        (("--trace", "--json"), "--trace is lines for a person"),
    ],
)
def test_what_cannot_be_meant_is_refused(asked: tuple[str, ...], why: str) -> None:
    done = run("simulate", "--seed", "1", *asked)
    assert done.status == USAGE
    assert why in done.err
    assert not done.out


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


def test_a_run_that_was_ended_goes_on_and_tells_of_all_its_worlds(tmp_path: Path) -> None:
    calm = ("simulate", "--minutes", "1", "--profile", "calm", "--into", str(tmp_path))
    first = run(*calm, "--seeds", "2")
    assert first.out.splitlines()[-1].startswith("2 worlds, ")
    [file] = tmp_path.iterdir()
    begun = file.read_bytes()
    more = run(*calm, "--seeds", "3")
    assert more.out.splitlines()[-1].startswith("3 worlds, ")
    assert file.read_bytes().startswith(begun)
    assert file.read_bytes().count(b"\n") == 4
    again = run(*calm, "--seeds", "3")
    assert again.out == more.out
    other = run("simulate", "--into", str(tmp_path))
    assert other.status == USAGE
    assert "is of worlds made from other options" in other.err


def test_a_run_that_is_interrupted_says_what_is_kept_and_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(setting: Setting) -> tuple[Verdict, list[str]]:
        if setting.seed == 2:
            raise KeyboardInterrupt
        return Verdict(seed=setting.seed, violations=[], lasted_s=1_800.0), []

    asked = ("simulate", "--seeds", "5", "--into", str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(verb, "_attempted", interrupted)
        done = run(*asked)
    assert done.status == 130
    assert f"{tmp_path} keeps 2 worlds, 1.0 simulated hours, " in done.err
    assert "3 are left: go on with the same command" in done.err


def test_a_run_that_goes_on_tells_the_speed_of_what_ran_now(tmp_path: Path) -> None:
    asked = ("simulate", "--seeds", "2", "--minutes", "1", "--into", str(tmp_path))
    speed = re.compile(r"jinbao: [0-9.]+ simulated hours and ([0-9]+) answers a second\n")
    ran, kept = (speed.fullmatch(run(*asked).err) for _ in range(2))
    assert ran is not None
    assert int(ran[1]) > 0
    assert kept is not None
    assert kept[0] == "jinbao: 0.0 simulated hours and 0 answers a second\n"


def test_a_disk_without_room_ends_a_run_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    asked = ("simulate", "--seed", "1", "--minutes", "1", "--into", str(tmp_path))
    assert run(*asked).status == 0
    monkeypatch.setattr(Into, "_write", full)
    done = run(*asked, "--seeds", "2")
    assert done.status == USAGE
    assert done.err == (
        f"jinbao: {tmp_path}/worlds.jsonl: No space left on device"
        "; go on later with the same command\n"
    )


def test_worlds_of_other_code_are_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("simulate", "--seed", "1", "--minutes", "1", "--into", str(tmp_path))
    monkeypatch.setattr(verb, "commit", lambda: "6bccdeb+1f0c9a2b")
    assert run(*asked).status == 0
    monkeypatch.setattr(verb, "commit", lambda: "6bccdeb+00000000")
    done = run(*asked)
    assert done.status == USAGE
    assert "was begun at commit 6bccdeb+1f0c9a2b: other worlds" in done.err


def _asked(setting: Setting) -> tuple[Verdict, list[str]]:
    """Tell what this process does where it is interrupted."""
    return Verdict(seed=setting.seed, violations=[]), [str(signal.getsignal(signal.SIGINT))]


def test_processes_that_are_interrupted_do_not_finish_what_they_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(verb, "_attempted", _asked)
    done = run("simulate", "--seeds", "2", "--jobs", "2")
    assert done.out.splitlines()[:2] == [str(signal.SIG_DFL)] * 2
