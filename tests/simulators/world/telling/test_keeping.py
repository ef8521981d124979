"""Verdicts of a long run: gone on with after whatever ended it, and never mixed with another's."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from simulators.world.setting import Setting
from simulators.world.telling.keeping import ERRORS, Into, IntoError
from simulators.world.trial import Verdict, Violation

_RUN = Setting(seed=7, profile="storm", without=("crash",))
_SAID = [
    Verdict(seed=7, violations=[], lasted_s=1.5, ledger_pairs=[("FORWARDED", "Close APPROVED")]),
    Verdict(seed=8, violations=[Violation("cap", "too much", "416900000001", 9)]),
]


def _kept(directory: Path, *verdicts: Verdict, setting: Setting = _RUN) -> list[Verdict]:
    """Keep verdicts, and return all that are there."""
    with Into(directory, setting, "abc") as into:
        for verdict in verdicts:
            into.keep(verdict)
        return list(into.known())


def test_what_was_kept_is_there_again(tmp_path: Path) -> None:
    assert _kept(tmp_path / "new", *_SAID) == _SAID
    assert _kept(tmp_path / "new", setting=replace(_RUN, seed=500)) == _SAID


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_line_that_was_cut_short_is_run_again_and_nothing_else(tmp_path: Path, cut: int) -> None:
    _kept(tmp_path, *_SAID)
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-cut])
    assert _kept(tmp_path) == _SAID[:1]
    assert _kept(tmp_path, _SAID[1]) == _SAID


@pytest.mark.parametrize("size", [0, 1, 10, 11, 60, -1])
def test_a_run_whose_first_line_was_cut_short_begins_anew(tmp_path: Path, size: int) -> None:
    _kept(tmp_path)
    [file] = tmp_path.iterdir()
    begun = file.read_bytes()
    file.write_bytes(begun[:size])
    assert not _kept(tmp_path)
    assert file.read_bytes() == begun
    assert _kept(tmp_path, *_SAID) == _SAID


def test_worlds_of_another_commit_or_of_other_options_are_refused(tmp_path: Path) -> None:
    _kept(tmp_path, *_SAID)
    with pytest.raises(IntoError, match="begun at commit abc: other worlds"):
        Into(tmp_path, _RUN, "abc+1f0c9a2b")
    with pytest.raises(IntoError, match="made from other options"):
        Into(tmp_path, replace(_RUN, minutes=1), "abc")


@pytest.mark.parametrize("other", [b"something else\nand more", b"something else"])
def test_what_is_no_run_is_named_and_left_as_it_is(tmp_path: Path, other: bytes) -> None:
    file = tmp_path / "worlds.jsonl"
    file.write_bytes(other)
    with pytest.raises(IntoError, match="is not the file of a run"):
        Into(tmp_path, _RUN, "abc")
    assert file.read_bytes() == other
    with pytest.raises(IntoError, match="nothing can be kept there"):
        Into(file, _RUN, "abc")


def test_a_line_that_is_no_verdict_is_named(tmp_path: Path) -> None:
    _kept(tmp_path, *_SAID)
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes() + b"{}\n")
    with pytest.raises(IntoError, match="line 4: "):
        _kept(tmp_path)


def test_what_an_error_of_our_own_ended_is_run_again(tmp_path: Path) -> None:
    ended = Verdict(seed=9, violations=[Violation(ERRORS, "MemoryError in fail")])
    assert _kept(tmp_path, ended, *_SAID) == _SAID
    again = replace(_SAID[1], seed=9)
    assert _kept(tmp_path, again) == [*_SAID, again]


_HOLDS_ON = """
import fcntl, sys
with open(sys.argv[1], "a+b") as lines:
    fcntl.lockf(lines, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_runs_never_keep_their_worlds_in_one_file(tmp_path: Path) -> None:
    _kept(tmp_path, *_SAID)
    [file] = tmp_path.iterdir()
    call = [sys.executable, "-S", "-c", _HOLDS_ON, str(file)]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(IntoError, match="another run is keeping its worlds there"):
            Into(tmp_path, _RUN, "abc")
        other.communicate(timeout=60)
    assert _kept(tmp_path) == _SAID


@contextmanager
def _room_for(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size, as a disk that is full."""
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, was[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, was)


def test_a_disk_without_room_is_told_and_the_run_goes_on_later(tmp_path: Path) -> None:
    _kept(tmp_path, _SAID[0])
    [file] = tmp_path.iterdir()
    size = file.stat().st_size + 30
    why = "too large; go on later with the same command"
    with Into(tmp_path, _RUN, "abc") as into, _room_for(size), pytest.raises(IntoError, match=why):
        into.keep(_SAID[1])
    assert not file.read_bytes().endswith(b"\n")
    assert _kept(tmp_path) == _SAID[:1]
    with _room_for(10), pytest.raises(IntoError, match="nothing can be kept there"):
        Into(tmp_path / "new", _RUN, "abc")
    assert not _kept(tmp_path / "new")
