"""The folder of a day is there whole or not at all, and nothing else is ever touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.cli.settling.writing import DayFolder, PlaceTakenError, is_there
from switch.settlement.clearing import Clearer
from tests.switch.settlement.village import ACQUIRER, DAY, FIRST, row, rules


def _written(tmp_path: Path | None) -> dict[str, str]:
    folder = DayFolder(tmp_path, DAY, rules())
    clearer = Clearer(DAY, rules(), folder.take)
    clearer.take_own([row(1), row(2)])
    digests = folder.finish(clearer.done())
    assert tmp_path is None or not (tmp_path / f"{DAY}" / "manifest.csv").exists()
    folder.put()
    folder.give_up()
    return digests


def test_a_folder_is_put_in_place_when_it_is_whole(tmp_path: Path) -> None:
    digests = _written(tmp_path)
    made = tmp_path / f"{DAY}"
    details = made / ACQUIRER / "IND14061801ACOM"
    assert details.read_text().count("\n") == 2
    assert (made / FIRST / "IND14061801ICOM").read_text() == details.read_text()
    assert len(digests) == 6
    assert [path.name for path in tmp_path.iterdir()] == [f"{DAY}"]
    assert made.stat().st_mode & 0o777 == 0o755


def test_without_a_folder_the_digests_are_the_same(tmp_path: Path) -> None:
    assert _written(None) == _written(tmp_path)


def test_what_was_given_up_leaves_nothing(tmp_path: Path) -> None:
    folder = DayFolder(tmp_path, DAY, rules())
    clearer = Clearer(DAY, rules(), folder.take)
    clearer.take_own([row(1)])
    folder.give_up()
    assert list(tmp_path.iterdir()) == []


def test_what_is_in_its_place_is_left_alone(tmp_path: Path) -> None:
    place = tmp_path / f"{DAY}"
    place.mkdir()
    (place / "mine.txt").write_text("precious")
    with pytest.raises(PlaceTakenError, match="nothing in it is written over"):
        DayFolder(tmp_path, DAY, rules())
    assert [path.read_text() for path in place.iterdir()] == ["precious"]
    assert [path.name for path in tmp_path.iterdir()] == [f"{DAY}"]


def test_what_came_into_its_place_meanwhile_is_left_alone(tmp_path: Path) -> None:
    folder = DayFolder(tmp_path, DAY, rules())
    digests = folder.finish(Clearer(DAY, rules(), folder.take).done())
    place = tmp_path / f"{DAY}"
    place.mkdir()
    (place / "mine.txt").write_text("precious")
    with pytest.raises(OSError, match="not empty"):
        folder.put()
    folder.give_up()
    assert [path.read_text() for path in place.iterdir()] == ["precious"]
    assert not is_there(place, digests)


def test_an_empty_folder_is_as_good_as_none_and_what_another_run_left_stays(
    tmp_path: Path,
) -> None:
    (tmp_path / f"{DAY}").mkdir()
    (tmp_path / f".{DAY}.new").mkdir()
    (tmp_path / f".{DAY}.new" / "notes.txt").write_text("precious")
    _written(tmp_path)
    assert (tmp_path / f".{DAY}.new" / "notes.txt").read_text() == "precious"


@pytest.mark.parametrize("change", ["more", "less", "other"])
def test_files_are_there_only_byte_for_byte(tmp_path: Path, change: str) -> None:
    digests = _written(tmp_path)
    place = tmp_path / f"{DAY}"
    assert is_there(place, digests)
    if change == "more":
        (place / "more.txt").touch()
    elif change == "less":
        (place / "points.csv").unlink()
    else:
        (place / "points.csv").write_text("other")
    assert not is_there(place, digests)
