"""A whole page in a browser: nothing loaded from elsewhere, no error, its charts drawn."""

from __future__ import annotations

from pathlib import Path

from switch.report.charts import Axis, Chart, Series, Span, figure
from switch.report.page import Page, Section, render
from switch.report.tables import Tile, paragraph, table, tiles
from tests.switch.report.browser import drawn_charts, opened

_EVIL = "<img src=x onerror=alert(1)>"


def _page() -> Page:
    lines = Chart(
        title=_EVIL,
        x=Axis(title="s"),
        y=Axis(title="ms", is_log=True),
        series=[Series(name=_EVIL, x=[0, 1, 2], y=[1, 9, 4])],
        spans=[Span(0.5, 1.5, _EVIL)],
    )
    bars = Chart(
        title="codes",
        x=Axis(title=""),
        y=Axis(title=""),
        series=[Series(name="n", x=["00", _EVIL], y=[7, 2], shape="bars")],
    )
    return Page(
        title=f"Report {_EVIL}",
        verdict="Passed",
        tone="good",
        language="zh",
        made_by="jinbao 0.1",
        sections=[
            Section("结果", [tiles([Tile("p99", "9 ms", _EVIL)]), paragraph(_EVIL)]),
            Section("图", [figure(lines), figure(bars), table(["a"], [[_EVIL]])]),
        ],
    )


def test_a_page_opens_without_error_and_draws_its_charts(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(render(_page()), encoding="utf-8")
    with opened(path) as (page, troubles):
        page.wait_for_selector("html[data-drawn=yes]")
        assert drawn_charts(page) == 2
        assert page.locator("img").count() == 0
        assert page.locator("html").get_attribute("lang") == "zh-CN"
        assert troubles == []


def test_a_page_without_charts_carries_no_script() -> None:
    text = render(Page(title="t", sections=[Section("h", [paragraph("p")])]))
    assert "<script" not in text
    assert len(text) < 10_000
