"""A document is the same in every form, and no cell of it is markup or a formula."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from switch.report.charts import Axis, Chart, Series
from switch.report.document import Document, Grid, as_csv, as_html
from switch.report.tables import Tile
from tests.switch.report.browser import drawn_charts, opened

_EVIL = "=<img src=x onerror=alert(1)>"


def _document() -> Document:
    chart = Chart(
        title="t",
        x=Axis(title=""),
        y=Axis(title=""),
        series=[Series(name="n", x=[_EVIL, "b"], y=[1, 2], shape="bars")],
    )
    grid = Grid(
        heading="By bank",
        columns=("bank", "count", "amount"),
        rows=[(_EVIL, 7, "12.50"), ("B", 0, "-3.00")],
        notes=("a note",),
        bad=frozenset({1}),
    )
    return Document(
        title="Report",
        subtitle="sub",
        verdict="fine",
        tone="good",
        figures=[Tile("n", "7")],
        warnings=[_EVIL],
        charts=[chart],
        grids=[grid],
        language="zh",
    )


def test_the_page_opens_without_error_and_shows_what_came_as_text(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(as_html(_document()), "utf-8")
    with opened(path) as (page, troubles):
        page.wait_for_selector("html[data-drawn=yes]")
        assert drawn_charts(page) == 1
        assert page.locator("img").count() == 0
        assert page.locator("td", has_text=_EVIL).count() == 1
        assert page.locator("td.bad", has_text="B").count() == 1
        assert troubles == []


def test_csv_has_every_table_and_no_formula() -> None:
    lines = list(csv.reader(io.StringIO(as_csv(_document()))))
    assert lines[0] == ["Report"]
    at = lines.index(["bank", "count", "amount"])
    assert lines[at - 1] == ["By bank"]
    assert lines[at + 1] == [f"'{_EVIL}", "7", "12.50"]
    assert lines[at + 2] == ["B", "0", "-3.00"]
