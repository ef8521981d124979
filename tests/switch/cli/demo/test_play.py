"""Playing: whatever breaks off the story, nothing is left running."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from switch.cli.demo.play import Cap, played, staged
from switch.cli.demo.processes import DemoError


def test_what_is_left_is_neither_used_nor_held() -> None:
    assert Cap(200_000, 50_000, 30_000).left_fen == 120_000


def _break_off(folder: Path, pids: list[int]) -> None:
    with staged(folder, ()) as stage:
        pids += [child.pid for child in stage.running]
        first = next(played(stage))
        assert (first.verdict, first.code, first.wrong) == ("approved", "00", "")
        raise DemoError("broken off")


def test_a_story_that_breaks_off_leaves_no_process(tmp_path: Path) -> None:
    pids: list[int] = []
    with pytest.raises(DemoError, match="broken off"):
        _break_off(tmp_path, pids)
    assert len(pids) == 10
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
