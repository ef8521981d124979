"""The SQLite ledger of a world: what was acknowledged survives any death, power cut or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.world.ledgers.disk import OnDisk
from simulators.world.setting import SQLITE, Setting
from simulators.world.trial import attempt
from simulators.world.weather.faults import stream
from switch.core.outcomes import Opened
from tests.switch.ledger import making


@pytest.fixture
def kept() -> Iterator[OnDisk]:
    made = OnDisk(stream(0, "disk"))
    yield made
    made.close()


@pytest.mark.parametrize("is_power_cut", [False, True])
def test_what_was_acknowledged_survives(kept: OnDisk, *, is_power_cut: bool) -> None:
    for life in range(6):
        kept.open()
        for number in range(1, 4):
            stan = 10 * life + number
            opened = kept.submit([making.opening(stan, stan, 1_000)])[0]
            assert isinstance(opened, Opened)
        kept.die(is_power_cut)
    assert len(kept.rows()) == 18
    assert kept.totals().held_fen == 18_000


def test_the_files_go_with_the_world() -> None:
    kept = OnDisk(stream(0, "disk"))
    kept.open()
    home = Path(kept._home.name)
    assert home.exists()
    kept.close()
    assert not home.exists()


@pytest.mark.parametrize("seed", [0, 3])
def test_a_world_on_disk_keeps_its_promises_and_is_the_same_each_time(seed: int) -> None:
    setting = Setting(seed=seed, minutes=2, profile="storm", ledger=SQLITE)
    first, again = attempt(setting)[0], attempt(setting)[0]
    assert not first.violations
    assert first == again
    assert first.requests
