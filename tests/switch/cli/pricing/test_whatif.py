"""`jinbao fees whatif`: a period under another tariff, by account; the ledger is as it was."""

from __future__ import annotations

import json
from pathlib import Path

from switch.cli.outcome import USAGE
from tests.switch.cli.books.conftest import filled, folder
from tests.switch.cli.running import run

__all__ = ["filled", "folder"]

_PERIOD = ("--from", "20140601", "--to", "20140630", "--tariff", "at-ceiling")


def test_a_period_is_shown_as_it_was_and_as_it_would_have_been(folder: Path) -> None:
    told = json.loads(run("fees", "whatif", "-c", str(folder), *_PERIOD, "--json").out)
    assert told["count"] == 1
    assert sum(told["after"].values()) == sum(told["before"].values()) == 0
    shown = run("fees", "whatif", "-c", str(folder), *_PERIOD)
    assert shown.status == 0
    assert "1 transactions" in shown.out


def test_a_day_or_a_tariff_that_is_none_is_told(folder: Path) -> None:
    wrong = ("--from", "20140631", "--to", "20140630", "--tariff", "at-ceiling")
    assert run("fees", "whatif", "-c", str(folder), *wrong).status == USAGE
    nothing = (*_PERIOD[:-1], "no-such-tariff")
    assert run("fees", "whatif", "-c", str(folder), *nothing).status == USAGE
