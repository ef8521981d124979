"""The folder of a day is there whole or not at all."""

from __future__ import annotations

from pathlib import Path

from switch.cli.settling.writing import DayFolder
from switch.settlement.clearing import Clearer
from tests.switch.settlement.village import ACQUIRER, DAY, FIRST, row, rules


def test_a_folder_is_put_in_place_when_it_is_whole(tmp_path: Path) -> None:
    folder = DayFolder(tmp_path, DAY, rules())
    clearer = Clearer(DAY, rules(), folder.take)
    clearer.take_own([row(1), row(2)])
    assert not (tmp_path / f"{DAY}").exists()
    digests = folder.finish(clearer.done())
    made = tmp_path / f"{DAY}"
    details = made / ACQUIRER / "IND14061801ACOM"
    assert details.read_text().count("\n") == 2
    assert (made / FIRST / "IND14061801ICOM").read_text() == details.read_text()
    assert len(digests) == 6


def test_what_was_given_up_leaves_nothing(tmp_path: Path) -> None:
    folder = DayFolder(tmp_path, DAY, rules())
    clearer = Clearer(DAY, rules(), folder.take)
    clearer.take_own([row(1)])
    folder.give_up()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_left_by_a_run_that_died_is_replaced(tmp_path: Path) -> None:
    for _ in range(2):
        folder = DayFolder(tmp_path, DAY, rules())
        clearer = Clearer(DAY, rules(), folder.take)
        clearer.take_own([row(1)])
        folder.finish(clearer.done())
    assert [path.name for path in tmp_path.iterdir()] == [f"{DAY}"]
