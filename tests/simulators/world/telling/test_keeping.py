"""Verdicts of a long run: gone on with after whatever ended it, and never mixed with another's."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from simulators.world.setting import Setting
from simulators.world.telling.keeping import Into, IntoError
from simulators.world.trial import Verdict, Violation

_RUN = Setting(seed=7, profile="storm", without=("crash",))
_SAID = [
    Verdict(seed=7, violations=[], lasted_s=1.5, ledger_pairs=[("FORWARDED", "Close APPROVED")]),
    Verdict(seed=8, violations=[Violation("cap", "too much", "416900000001", 9)]),
]


def _kept(directory: Path) -> Into:
    into = Into(directory, _RUN, "abc")
    for verdict in _SAID:
        into.keep(verdict)
    return into


def test_what_was_kept_is_there_again(tmp_path: Path) -> None:
    assert list(_kept(tmp_path / "new").known()) == _SAID
    assert list(Into(tmp_path / "new", replace(_RUN, seed=500), "abc").known()) == _SAID


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_line_that_was_cut_short_is_run_again_and_nothing_else(tmp_path: Path, cut: int) -> None:
    _kept(tmp_path)
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-cut])
    into = Into(tmp_path, _RUN, "abc")
    assert list(into.known()) == _SAID[:1]
    into.keep(_SAID[1])
    assert list(into.known()) == _SAID


def test_a_run_whose_first_line_was_cut_short_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "worlds.jsonl").write_bytes(b"")
    assert not list(Into(tmp_path, _RUN, "abc").known())
    assert list(_kept(tmp_path).known()) == _SAID


def test_worlds_of_another_commit_or_of_other_options_are_refused(tmp_path: Path) -> None:
    _kept(tmp_path)
    with pytest.raises(IntoError, match="begun at commit abc: other worlds"):
        Into(tmp_path, _RUN, "def")
    with pytest.raises(IntoError, match="made from other options"):
        Into(tmp_path, replace(_RUN, minutes=1), "abc")


def test_what_is_no_run_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "worlds.jsonl"
    file.write_bytes(b"something else\nand more")
    with pytest.raises(IntoError, match="is not the file of a run"):
        Into(tmp_path, _RUN, "abc")
    assert file.read_bytes() == b"something else\nand more"
    with pytest.raises(IntoError, match="nothing can be kept there"):
        Into(file, _RUN, "abc")


def test_a_line_that_is_no_verdict_is_named(tmp_path: Path) -> None:
    into = _kept(tmp_path)
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes() + b"{}\n")
    with pytest.raises(IntoError, match="line 4: "):
        list(into.known())
