"""Two switches on one PostgreSQL: one is killed, then the database, then one freezes and wakes."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from bench.crash.two_switches import attempt
from bench.database import running, why_not
from simulators.live import run

_ROUNDS = 3


@pytest.mark.timeout(300)
def test_kills_and_a_freeze_lose_and_double_nothing(tmp_path: Path) -> None:
    if reason := why_not():
        pytest.skip(reason)
    seed = secrets.randbelow(1 << 30)
    with running(is_durable=True) as database:
        verdict = run(attempt(tmp_path / "city", database, _ROUNDS, seed))
    assert verdict.is_good, (verdict, f"python -m bench.crash.two_switches {_ROUNDS} {seed}")
    assert verdict.acknowledged > _ROUNDS
    # Whoever was frozen until it was taken over has stopped, and closed nothing of it.
    assert verdict.fenced >= 1
