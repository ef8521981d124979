"""The mark of a business date: written once, told by every verb that reads the books."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from switch.cli.books.dating import Mark, begun, mark_of
from switch.cli.outcome import USAGE
from switch.config.installation import load
from tests.switch.cli.books.conftest import APPROVED
from tests.switch.cli.registering.bringing import begun as registered
from tests.switch.cli.running import run

_WALL_MS = 1_795_650_000_000  # 2026-11-26 07:40 in Shanghai
_OFFSET_MS = 1_403_107_080_000 - _WALL_MS
_TOLD = "jinbao: the books were written under a business date: 2014-06-18 23:58 began at"


def test_a_clock_without_an_offset_marks_nothing(folder: Path) -> None:
    found = load(folder)
    assert begun(found, 0, _WALL_MS) == ""
    assert mark_of(found) is None


def test_the_newest_start_is_the_mark(folder: Path) -> None:
    found = load(folder)
    assert begun(found, _OFFSET_MS - 60_000, _WALL_MS) == "2014-06-18T23:57"
    assert begun(found, _OFFSET_MS, _WALL_MS) == "2014-06-18T23:58"
    assert mark_of(found) == Mark("2014-06-18T23:58", "2026-11-26T07:40")


@pytest.mark.parametrize(
    "verb",
    [
        ("txn", "list"),
        ("txn", "show", APPROVED),
        ("caps", "show", "--rrn", APPROVED),
        ("saf", "list"),
        ("bills", "list"),
        ("report", "quarter", "2014Q2"),
        ("clear", "show", "--day", "20140618"),
    ],
)
def test_every_verb_that_reads_marked_books_says_so_and_others_do_not(
    folder: Path, verb: tuple[str, ...]
) -> None:
    registered(folder)
    assert _TOLD not in run(*verb, "-c", str(folder)).err
    begun(load(folder), _OFFSET_MS, _WALL_MS)
    assert run(*verb, "-c", str(folder)).err.count(_TOLD) == 1


@pytest.mark.parametrize(
    ("tongue", "said"), [("en", "2014-06-18 23:58 began"), ("zh", "模拟业务日期")]
)
def test_a_report_is_marked_in_itself(folder: Path, tongue: str, said: str) -> None:
    registered(folder)
    ask = ("report", "quarter", "2014Q2", "-c", str(folder), "--in", tongue, "--as")
    assert said not in run(*ask, "html").out
    begun(load(folder), _OFFSET_MS, _WALL_MS)
    for form in ("html", "table"):
        assert said in run(*ask, form).out
    assert '"business":"2014-06-18T23:58"' in run(*ask, "json").out


def test_a_mark_that_cannot_be_read_is_told(folder: Path) -> None:
    found = load(folder)
    begun(found, _OFFSET_MS, _WALL_MS)
    found.stops.with_name("business-date.json").write_bytes(b"[]")
    with pytest.raises(typer.Exit) as ended:
        mark_of(found)
    assert ended.value.exit_code == USAGE
