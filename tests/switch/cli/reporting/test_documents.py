"""Reports in words: what needs a look is said in the language that was asked for."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from messages.dialects.loader import load_dialect
from switch.cli.reporting.documents import Told, cost_shares, quarterly
from switch.core.transaction import State
from switch.settlement.calendar import Quarter
from switch.settlement.quarter import Summarising
from switch.settlement.villages import PointFacts
from tests.switch.settlement.village import DAY, FIRST, MERCHANT, row, rules

_POINT = PointFacts(
    merchant=MERCHANT, name="Clinic", village="A", district="D", open_from=date(2014, 6, 17)
)


def _told() -> Told:
    return Told(
        quarter=Quarter.parse("2014Q2"),
        due=date(2098, 7, 8),
        is_due_known=False,
        points=[_POINT],
        unvisited=[_POINT],
        without_agreement=[_POINT],
        lapsed=[FIRST],
        names={FIRST: "First bank"},
        carried=2,
        cases=3,
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["not visited: Clinic", "no agreement in force", "qualification over: First bank",
                "2 transactions wait", "3 cases are open", "provisional"]),
        ("zh", ["本季度未巡检：Clinic", "无有效协议", "助农取款资质到期：First bank",
                "2笔交易待确认", "3件差错", "暂定"]),
    ],
)  # fmt: skip
def test_every_warning_is_said(language: str, words: list[str]) -> None:
    summary = Summarising((DAY, DAY), rules()).take([row(1)])
    made = quarterly(
        summary, _told(), rules(), load_dialect("pos"), "zh" if language == "zh" else "en"
    )
    assert made.tone == "warn"
    for warning, text in zip(made.warnings, words, strict=True):
        assert text in warning
    assert any("First bank" in line for grid in made.grids for line in grid.rows)


@pytest.mark.parametrize(
    ("points", "unvisited", "tone"),
    [([_POINT], [_POINT], "bad"), ([_POINT], [], "good"), ([], [], "plain")],
)
def test_visits_are_good_or_bad_only_where_there_are_points(
    points: list[PointFacts], unvisited: list[PointFacts], tone: str
) -> None:
    told = replace(_told(), points=points, unvisited=unvisited)
    summary = Summarising((DAY, DAY), rules()).take([row(1)])
    assert quarterly(summary, told, rules(), load_dialect("pos"), "en").figures[-1].tone == tone


def test_one_is_said_as_one() -> None:
    told = replace(_told(), carried=1, cases=1)
    summary = Summarising((DAY, DAY), rules()).take([row(1)])
    made = quarterly(summary, told, rules(), load_dialect("pos"), "en")
    assert {"1 transaction waits for an outcome", "1 case is open"} <= set(made.warnings)


@pytest.mark.parametrize(
    ("count", "ticks"), [(2, ["0", "1", "2"]), (5, ["0", "1", "2", "3", "4", "5"]), (6, [])]
)
def test_few_transactions_are_counted_without_fractions(count: int, ticks: list[str]) -> None:
    summary = Summarising((DAY, DAY), rules()).take([row(n) for n in range(1, count + 1)])
    made = quarterly(summary, _told(), rules(), load_dialect("pos"), "en")
    assert [name for _, name in made.charts[-1].y.ticks] == ticks


def test_shares_end_with_their_total() -> None:
    made = cost_shares({"1": 34, "2": 66}, {"1": 1, "2": 2}, {"1": "One"}, "en")
    (grid,) = made.grids
    assert list(grid.rows) == [("One", 1, "0.34"), ("2", 2, "0.66"), ("total", 3, "1.00")]


def test_a_host_of_services_is_listed_by_itself_and_not_among_the_banks() -> None:
    host = "99970000"
    rows = [row(1), replace(row(2, 0, "social_inquiry", State.DECLINED, issuer=host), reason="31")]
    summary = Summarising((DAY, DAY), rules(hosts=frozenset({host}))).take(rows)
    told = replace(_told(), names={FIRST: "First bank", host: "The bureau"})
    made = quarterly(summary, told, rules(), load_dialect("pos"), "en")
    listed = {grid.heading: [line[0] for line in grid.rows] for grid in made.grids}
    assert listed["By issuing bank"] == ["First bank"]
    assert listed["By host of services"] == ["The bureau"]
    assert listed["Declines by bank and host"] == ["The bureau"]
