"""`jinbao report` in all its forms and both languages; the page opened in a browser."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from switch.cli.outcome import BAD, USAGE
from tests.switch.cli.running import Outcome, run
from tests.switch.report.browser import drawn_charts, opened


def _report(city: Path, *words: str) -> Outcome:
    return run("report", *words, "-c", str(city))


def test_a_quarter_is_reported_with_its_due_date_and_warnings(city: Path) -> None:
    told = json.loads(_report(city, "quarter", "2014Q2", "--as", "json").out)
    assert (told["quarter"], told["due"], told["is_due_known"]) == ("2014Q2", "2014-07-08", True)
    whole = told["summary"]["whole"]
    assert (whole["requests"], whole["approved"], whole["amount_fen"]) == (7, 1, 10_000)
    assert whole["declined"] == {"51": 1}
    assert told["summary"]["issuers"].keys() == {"99910000"}
    assert sorted(told["unvisited"]) == ["999653080110001", "999653080620002"]
    outcome = _report(city, "quarter", "2014Q2")
    assert "! not visited: Test village clinic (999653080110001)" in outcome.out
    assert "due 2014-07-08" in outcome.out
    assert "insufficient" in outcome.out.lower()


def test_the_same_in_chinese_and_as_csv(city: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    outcome = _report(city, "quarter", "2014Q2", "--as", "csv", "--in", "zh", "--to", str(path))
    assert (outcome.out, outcome.status) == ("", 0)
    lines = list(csv.reader(io.StringIO(path.read_text("utf-8"))))
    assert "季度报告 2014Q2" in lines[0][0]
    assert ["按发卡银行"] in lines
    assert any("助农取款" in cell for line in lines for cell in line)
    assert str(path) in outcome.err


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_opens_without_error_with_its_charts_and_loads_nothing(
    city: Path, tmp_path: Path, language: str
) -> None:
    path = tmp_path / "report.html"
    words = ("--as", "html", "--in", language, "--to", str(path))
    assert _report(city, "quarter", "2014Q2", *words).status == 0
    with opened(path) as (page, troubles):
        page.wait_for_selector("html[data-drawn=yes]")
        assert drawn_charts(page) == 2
        assert page.locator("table").count() == 6
        assert page.locator("html").get_attribute("lang") == ("zh-CN" if language == "zh" else "en")
        assert troubles == []


def test_a_file_corrects_the_calendar_and_a_wrong_one_is_told(city: Path) -> None:
    (city / "holidays.toml").write_text("format = 1\noff = [2014-07-08]\n")
    told = json.loads(_report(city, "quarter", "2014Q2", "--as", "json").out)
    assert told["due"] == "2014-07-09"
    (city / "holidays.toml").write_text("format = 2\n")
    assert "this release reads 1" in _report(city, "quarter", "2014Q2").err
    (city / "holidays.toml").write_text("format = 1\nof = []\n")
    assert _report(city, "quarter", "2014Q2").status == USAGE


def test_visits_are_planned_for_what_was_not_visited(city: Path) -> None:
    told = json.loads(_report(city, "inspections", "2014Q3", "--as", "json").out)
    assert [each["point"]["merchant"] for each in told["visits"]] == [
        "999653080110001",
        "999653080620002",
    ]
    assert "Test village clinic" in _report(city, "inspections", "2014Q3").out
    outcome = _report(city, "inspections", "Q3")
    assert (outcome.status, "a quarter like 2014Q3" in outcome.err) == (USAGE, True)


def test_the_bank_with_most_cards_is_asked_for_its_terminals(city: Path) -> None:
    outcome = _report(city, "placement", "--as", "json")
    told = json.loads(outcome.out)
    (village,) = [each for each in told["villages"] if each["cards"]]
    assert village["should"] == ["99910000"]
    assert outcome.status == (0 if village["is_right"] else BAD)
    assert "Test village" in _report(city, "placement").out


def test_costs_are_shared_to_the_fen(city: Path) -> None:
    told = json.loads(_report(city, "shares", "--yuan", "100.01", "--as", "json").out)
    assert sum(told["shares"].values()) == 10_001
    assert "100.01" in _report(city, "shares", "--yuan", "100.01", "--in", "zh").out
    nobody = _report(city, "shares", "--yuan", "5", "--village", "nowhere")
    assert (nobody.status, "there are none" in nobody.err) == (USAGE, True)
