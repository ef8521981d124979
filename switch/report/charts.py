"""Charts of a page (switch/report): the only home of plotly, whose script a page carries inside.

A chart is data until the page draws it; its words are escaped like all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, Final, Literal

import msgspec
from plotly.offline import get_plotlyjs

from switch.report.markup import Html, tag

COLOURS: Final = (
    "#2563eb", "#d97706", "#059669", "#dc2626", "#7c3aed", "#0891b2", "#be185d", "#4d7c0f",
)  # fmt: skip
"""The colours of series, in order; they differ in lightness too."""
_INK, _GRID, _SHADE = "#1f2937", "#e5e7eb", "#f59e0b"
_FONT: Final = "system-ui, 'Segoe UI', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif"
_LEAST_LOG_TICKS: Final = 1

Shape = Literal["line", "steps", "points", "bars", "area"]
Numbers = Sequence[float | int | None]


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One row of numbers: `y` over `x`; None is a gap."""

    name: str
    x: Sequence[float | int | str]
    y: Numbers
    shape: Shape = "line"
    is_dashed: bool = False
    colour: str = ""


class Span(msgspec.Struct, frozen=True):
    """A stretch of the x axis with a name, as a fault that was on."""

    start: float
    end: float
    name: str


class Axis(msgspec.Struct, frozen=True, kw_only=True):
    """What an axis measures; `ticks` are places and what is written there."""

    title: str
    is_log: bool = False
    ticks: Sequence[tuple[float, str]] = ()
    from_zero: bool = False


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A chart: its title, a sentence that says how to read it, its axes, series and spans."""

    title: str
    x: Axis
    y: Axis
    series: Sequence[Series]
    spans: Sequence[Span] = ()
    note: str = ""
    is_stacked: bool = False
    height: int = 340


def script() -> str:
    """Return the charting script: a page that has charts carries it once."""
    return str(get_plotlyjs())


def figure(chart: Chart) -> Html:
    """Return a chart as a figure that the page's script draws."""
    told = msgspec.json.encode({"data": _traces(chart), "layout": _layout(chart)}).decode()
    # A script element ends at the first "</": inside JSON strings "<" can be written otherwise.
    told = told.replace("<", "\\u003c").replace("&", "\\u0026")
    note = tag("figcaption", chart.note) if chart.note else Html()
    return Html(
        f'<figure class="chart"><h3>{escape(chart.title)}</h3>'
        f'<div class="plot" style="min-height:{chart.height}px" role="img" '
        f'aria-label="{escape(chart.title)}"></div>'
        f'<script type="application/json">{told}</script>{note}</figure>'
    )


def _words(value: str) -> str:
    """Escape a label: plotly reads a few tags in its texts."""
    printable = "".join(c if c.isprintable() else "?" for c in value)
    return escape(printable, quote=False)


def _traces(chart: Chart) -> list[dict[str, Any]]:
    return [
        _trace(each, each.colour or COLOURS[number % len(COLOURS)], chart)
        for number, each in enumerate(chart.series)
    ]


def _trace(series: Series, colour: str, chart: Chart) -> dict[str, Any]:
    x = [_words(value) if isinstance(value, str) else value for value in series.x]
    trace: dict[str, Any] = {"name": _words(series.name), "x": x, "y": list(series.y)}
    if series.shape == "bars":
        return trace | {"type": "bar", "marker": {"color": colour}}
    line: dict[str, Any] = {"color": colour, "width": 2}
    if series.is_dashed:
        line["dash"] = "dot"
    if series.shape == "steps":
        line["shape"] = "hv"
    mode = "markers" if series.shape == "points" else "lines"
    trace |= {"type": "scatter", "mode": mode, "line": line}
    if series.shape == "points":
        trace["marker"] = {"color": colour, "size": 8}
    if chart.is_stacked:
        trace |= {"stackgroup": "all", "line": line | {"width": 0.5}}
    elif series.shape == "area":
        trace["fill"] = "tozeroy"
    return trace


def _axis(axis: Axis) -> dict[str, Any]:
    told: dict[str, Any] = {
        "title": {"text": _words(axis.title), "standoff": 8},
        "type": "log" if axis.is_log else "-",
        "gridcolor": _GRID,
        "zerolinecolor": _GRID,
        "linecolor": _GRID,
        "automargin": True,
        "ticks": "outside",
        "tickcolor": _GRID,
    }
    if axis.ticks:
        told["tickmode"] = "array"
        told["tickvals"] = [place for place, _ in axis.ticks]
        told["ticktext"] = [_words(name) for _, name in axis.ticks]
    if axis.is_log and not axis.ticks:
        told["dtick"] = _LEAST_LOG_TICKS
    if axis.from_zero:
        told["rangemode"] = "tozero"
    return told


def _layout(chart: Chart) -> dict[str, Any]:
    return {
        "height": chart.height,
        "margin": {"l": 56, "r": 16, "t": 28 if chart.spans else 12, "b": 44},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": _FONT, "size": 13, "color": _INK},
        "xaxis": _axis(chart.x),
        "yaxis": _axis(chart.y),
        "hovermode": "x unified",
        "barmode": "stack" if chart.is_stacked else "group",
        "showlegend": len(chart.series) > 1,
        "legend": {"orientation": "h", "y": -0.22, "x": 0},
        "shapes": [
            {
                "type": "rect",
                "xref": "x",
                "yref": "paper",
                "x0": span.start,
                "x1": span.end,
                "y0": 0,
                "y1": 1,
                "fillcolor": _SHADE,
                "opacity": 0.15,
                "line": {"width": 0},
                "layer": "below",
            }
            for span in chart.spans
        ],
        "annotations": [
            {
                "x": (span.start + span.end) / 2,
                "y": 1,
                "xref": "x",
                "yref": "paper",
                "yanchor": "bottom",
                "text": _words(span.name),
                "showarrow": False,
                "font": {"size": 11, "color": "#92400e"},
            }
            for span in chart.spans
        ],
    }
