"""What the notice asks for in figures: shared costs, and the report of each quarter."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from switch.cli.reporting.facts import calendar_of, cards_of, points_of, state_of
from switch.config.installation import load
from switch.settlement.calendar import Quarter
from switch.settlement.villages import shares, unvisited
from tests.switch.cli.registering.bringing import begun
from tests.switch.config import folders


def test_costs_are_shared_by_the_cards_that_each_bank_issued(tmp_path: Path) -> None:
    """四(三)3: 由各发卡银行根据其在该区域的发卡量按比例进行分摊."""
    folder = begun(folders.make(tmp_path / "city"))
    (cards,) = cards_of(state_of(folder, load(folder)), date(2014, 6, 30)).values()
    assert sum(cards.values()) > 0
    found = shares(1_200_001, cards)
    assert found.keys() == {"99910000"}
    assert sum(found.values()) == 1_200_001
    two = shares(1_200_001, {**cards, "99900000": 2 * cards["99910000"]})
    assert (two["99910000"], two["99900000"]) == (400_000, 800_001)


def test_a_quarter_is_due_six_working_days_after_its_end_and_names_who_was_not_visited(
    tmp_path: Path,
) -> None:
    """四(四)4: 每季度巡检不少于1次; 每季度结束后6个工作日内报送."""
    folder = begun(folders.make(tmp_path / "city"))
    quarter = Quarter.parse("2014Q3")
    assert calendar_of(folder).due(quarter) == date(2014, 10, 14)
    points = points_of(state_of(folder, load(folder)), load(folder))
    assert [point.merchant for point in unvisited(points, quarter)] == [
        "999653080110001",
        "999653080620002",
    ]
