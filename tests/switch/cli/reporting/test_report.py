"""`jinbao report` in all its forms and both languages; the page opened in a browser."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from pathlib import Path

import pytest

from switch.cli.outcome import BAD, USAGE
from switch.config.installation import load
from switch.core.transfers.counters import counted_day
from switch.ledger.sqlite import SqliteLedger
from tests.switch.cli.running import Outcome, run
from tests.switch.ledger import making
from tests.switch.report.browser import drawn_charts, opened

_WIDEST = """Math.max(...[...document.querySelectorAll("table, .plot svg, .tile, p")].map(
    (each) => Math.ceil(each.getBoundingClientRect().right)))"""


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


def test_what_the_switch_refused_by_itself_is_in_it_by_bank_point_and_reason(city: Path) -> None:
    path = load(city).ledger
    with closing(SqliteLedger(path, fill_every_s=None)) as ledger:
        ledger.submit([making.counting_refusals(90, {"daily_cap_exceeded": 3})])
    whole = json.loads(_report(city, "quarter", "2014Q2", "--as", "json").out)["summary"]["whole"]
    assert (whole["refused"], whole["over_cap"]) == ({"61 daily_cap_exceeded": 3}, 3)
    assert whole["requests"] == 10
    lines = list(csv.reader(io.StringIO(_report(city, "quarter", "2014Q2", "--as", "csv").out)))
    told = [line for line in lines if line[1:3] == ["61", "switch"]]
    words = "The card's daily withdrawal cap is exceeded."
    assert [line[3:] for line in told] == [["3", words]] * 2
    assert [line[0] for line in told] == [
        "Second test bank",
        "Test village clinic 999653080110001",
    ]


def test_a_remittance_s_cap_that_is_used_up_is_none_of_withdrawals(city: Path) -> None:
    """Its amounts stand on days of their own, and its limit says nothing of withdrawals."""
    caps = city / "caps.toml"
    text = caps.read_text("utf-8").replace("2014-09-10", "2014-01-01")
    head, mark, rest = text.partition('counter = "remittance"')
    caps.write_text(head + mark + rest.replace("limit_fen = 200000", "limit_fen = 100"), "utf-8")
    assert 'counter = "remittance"' in caps.read_text("utf-8")
    path, card = load(city).ledger, making.CARD
    remittance = making.opening(90, 90, 10_000, day=counted_day(making.DAY, "remittance"))
    withdrawal = making.opening(91, 91, 10_000)
    with closing(SqliteLedger(path, fill_every_s=None)) as ledger:
        ledger.submit([remittance, withdrawal])
    assert remittance.key.card == withdrawal.key.card == card
    whole = json.loads(_report(city, "quarter", "2014Q2", "--as", "json").out)["summary"]["whole"]
    assert whole["capped"] == 0


def test_a_quarter_that_is_not_over_is_marked_everywhere(
    city: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("switch.cli.reporting.report.today", lambda: 20140620)
    told = json.loads(_report(city, "quarter", "2014Q2", "--as", "json").out)
    assert (told["is_provisional"], told["up_to"]) == (True, "2014-06-20")
    for words in ((), ("--as", "csv"), ("--as", "html")):
        out = _report(city, "quarter", "2014Q2", *words).out
        assert "PROVISIONAL" in out
        assert "up to 2014-06-20" in out
        assert "whole from 2014-07-01 on" in out
    chinese = _report(city, "quarter", "2014Q2", "--in", "zh").out
    assert "暂定" in chinese
    assert "截至 2014-06-20" in chinese
    monkeypatch.setattr("switch.cli.reporting.report.today", lambda: 20140630)
    assert "PROVISIONAL" in _report(city, "quarter", "2014Q2").out
    monkeypatch.setattr("switch.cli.reporting.report.today", lambda: 20140701)
    assert "PROVISIONAL" not in _report(city, "quarter", "2014Q2").out


def test_what_a_quarter_has_none_of_is_said(city: Path) -> None:
    out = _report(city, "quarter", "2014Q1").out
    assert "Declines by bank and host\n  none\n" in out
    assert "拒绝原因\n  无\n" in _report(city, "quarter", "2014Q1", "--in", "zh").out


def test_a_quarter_that_has_not_begun_is_refused(
    city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("switch.cli.reporting.report.today", lambda: 20140331)
    path = tmp_path / "report.html"
    outcome = _report(city, "quarter", "2014Q2", "--to", str(path))
    assert (outcome.status, outcome.out, path.exists()) == (USAGE, "", False)
    assert "can be had from 2014-04-01 on, whole from 2014-07-01" in outcome.err


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
        assert page.locator("table").count() == 7
        assert page.locator("html").get_attribute("lang") == ("zh-CN" if language == "zh" else "en")
        assert troubles == []
        # On paper nothing is cut off at the right: A4 without its margins is 703 pixels wide.
        page.set_viewport_size({"width": 703, "height": 1032})
        page.emulate_media(media="print")
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(_WIDEST) <= 703
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
