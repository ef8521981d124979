"""Asking a switch over its control socket; the running one is in test_serve."""

from __future__ import annotations

from pathlib import Path

from switch.cli.outcome import BAD
from tests.switch.cli.running import run


def test_where_no_switch_runs_the_status_is_1(folder: Path) -> None:
    outcome = run("control", "status", "-c", str(folder))
    assert outcome.status == BAD
    assert "no switch answers (FileNotFoundError)" in outcome.err
