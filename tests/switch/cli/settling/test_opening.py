"""What is cleared is complete: a log that a killed switch left is brought in first."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
import typer

from switch.cli.settling.opening import checked_day, cut_over_ms, settled
from switch.config.installation import load
from switch.ledger.embedded.books import SqliteBooks
from switch.ledger.settling.embedded import beside
from switch.ledger.sqlite import SqliteLedger
from tests.switch.ledger import making


def test_what_a_killed_switch_left_in_its_log_is_brought_in(city: Path) -> None:
    ledger = SqliteLedger(load(city).ledger, fill_every_s=None)
    ledger.submit([making.opening(40, 50)])
    ledger.abandon()
    with closing(SqliteBooks(load(city).ledger)) as books:
        before = len(list(books.rows(20140601, 20140630)))
    with settled(city) as here:
        assert len(list(here.books.rows(20140601, 20140630))) == before + 1
        assert here.store.days() == []
    assert beside(load(city).ledger).exists()


def test_a_ledger_that_is_in_use_is_left_to_its_switch(city: Path) -> None:
    ledger = SqliteLedger(load(city).ledger, fill_every_s=None)
    with settled(city) as here:
        assert here.store.days() == []
    ledger.submit([making.opening(40, 50)])
    ledger.close()


@pytest.mark.parametrize(
    ("cut_over", "utc_ms"),
    [("", 1_403_107_200_000), ("230000", 1_403_103_600_000), ("223000", 1_403_101_800_000)],
)
def test_a_clearing_day_ends_at_its_cut_over_in_shanghai(cut_over: str, utc_ms: int) -> None:
    assert cut_over_ms(20140618, cut_over) == utc_ms


def test_a_day_that_is_none_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert checked_day(20140618) == 20140618
    for day, words in ((20140631, "like 20140618"), (10101, "of the years 2000 to 2100")):
        with pytest.raises(typer.Exit):
            checked_day(day)
        assert f"should be a day {words}" in capsys.readouterr().err
