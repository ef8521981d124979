"""The command that replays a world says what differs from the defaults, and of which commit."""

from __future__ import annotations

import re

from simulators.world.setting import Setting
from switch.cli.simulating.replaying import command, commit


def test_a_plain_world_needs_its_seed_only() -> None:
    assert command(Setting(seed=7)) == "jinbao simulate --seed 7"


def test_what_differs_is_told() -> None:
    setting = Setting(
        seed=7, minutes=2, profile="storm", until=40, without=("crash", "delay"), terminals=1
    )
    assert command(setting) == (
        "jinbao simulate --seed 7 --profile storm --minutes 2 --until 40 --terminals 1"
        " --without crash,delay"
    )


def test_the_commit_or_the_version_is_known() -> None:
    assert re.fullmatch(r"[0-9a-f]{7,}|\d+\.\d+\.\d+", commit())
