"""A report as data (switch/report): said once, and written as HTML, CSV or JSON.

Every text is in one language by then. Cells that a wire or a file may have filled are escaped where
they are written, as all others are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import msgspec

from switch.report import charts, page
from switch.report.cells import inert
from switch.report.charts import Chart
from switch.report.markup import Html, Language
from switch.report.page import Page, Section
from switch.report.tables import Cell, Tile, Tone, listed, paragraph, right, table, tiles

Value = str | int
"""A cell: a text, or a number, which stands at the right."""


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """A table under a heading; `notes` stand above it, `bad` are rows that need a look."""

    heading: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]
    notes: Sequence[str] = ()
    bad: frozenset[int] = frozenset()


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A whole report."""

    title: str
    subtitle: str
    verdict: str
    tone: Tone
    figures: Sequence[Tile]
    warnings: Sequence[str] = ()
    warnings_heading: str = "Warnings"
    summary_heading: str = "Summary"
    charts: Sequence[Chart] = ()
    charts_heading: str = "Charts"
    grids: Sequence[Grid] = ()
    language: Language = "en"


def as_html(document: Document) -> str:
    """Return one self-contained HTML file."""
    blocks: list[Html] = [tiles(document.figures)]
    if document.warnings:
        blocks += [
            paragraph(document.warnings_heading, "warn"),
            listed(document.warnings),
        ]
    sections = [Section(document.summary_heading, blocks)]
    if document.charts:
        drawn = [charts.figure(chart) for chart in document.charts]
        sections.append(Section(document.charts_heading, drawn))
    sections += [_section(grid) for grid in document.grids]
    return page.render(
        Page(
            title=document.title,
            subtitle=document.subtitle,
            verdict=document.verdict,
            tone=document.tone,
            sections=sections,
            made_by="jinbao report",
            language=document.language,
        )
    )


def _section(grid: Grid) -> Section:
    rows = [
        [_cell(value, is_bad=at in grid.bad) for value in row] for at, row in enumerate(grid.rows)
    ]
    notes = [paragraph(note) for note in grid.notes]
    return Section(grid.heading, [*notes, table(grid.columns, rows)] if rows else notes)


def _cell(value: Value, *, is_bad: bool) -> object:
    digits = value.removeprefix("-").replace(".", "", 1) if isinstance(value, str) else ""
    if isinstance(value, str) and "." in value and digits.isdecimal():
        return right(value)
    return Cell(value, "bad") if is_bad and isinstance(value, str) else value


def as_csv(document: Document) -> str:
    """Return every table below its heading; a cell that a spreadsheet would run is made inert."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([document.title])
    writer.writerow([document.subtitle])
    for warning in document.warnings:
        writer.writerow([document.warnings_heading, inert(warning)])
    for grid in document.grids:
        writer.writerow([])
        writer.writerow([grid.heading])
        writer.writerow(grid.columns)
        writer.writerows([inert(value) for value in row] for row in grid.rows)
    return out.getvalue()
