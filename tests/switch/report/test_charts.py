"""Charts as data: what the page's script is told, and that no label is markup."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from switch.report.charts import Axis, Chart, Series, Span, figure


def _told(drawn: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json">(.*?)</script>', drawn, re.DOTALL)
    assert found
    told: dict[str, Any] = json.loads(found[1])
    return told


def _chart(name: str = "p99", **more: Any) -> Chart:  # noqa: ANN401 - any part of a chart
    series = Series(name=name, x=[0, 1, 2], y=[3.5, None, 4])
    return Chart(
        title=name, x=Axis(title=name), y=Axis(title="ms", is_log=True), series=[series], **more
    )


def test_series_keep_their_numbers_and_gaps() -> None:
    told = _told(figure(_chart()))
    assert told["data"][0]["y"] == [3.5, None, 4]
    assert told["layout"]["yaxis"]["type"] == "log"


def test_a_span_is_shaded_and_named() -> None:
    layout = _told(figure(_chart(spans=[Span(1, 2, "issuer silent")])))["layout"]
    assert (layout["shapes"][0]["x0"], layout["shapes"][0]["x1"]) == (1, 2)
    assert layout["annotations"][0]["text"] == "issuer silent"


@given(st.text())
def test_no_label_ends_the_script_or_is_a_tag_of_plotly(name: str) -> None:
    drawn = figure(_chart(name, spans=[Span(0, 1, name)], note=name))
    assert drawn.count("<script") == drawn.count("</script") == 1
    told = _told(drawn)
    labels = [told["data"][0]["name"], told["layout"]["annotations"][0]["text"]]
    assert all("<" not in label for label in labels)


def test_shapes_of_series() -> None:
    series = [
        Series(name="b", x=["00"], y=[1], shape="bars"),
        Series(name="s", x=[0], y=[1], shape="steps", is_dashed=True),
        Series(name="p", x=[0], y=[1], shape="points", colour="#000000"),
        Series(name="a", x=[0], y=[1], shape="area"),
    ]
    chart = Chart(title="t", x=Axis(title="x"), y=Axis(title="y", from_zero=True), series=series)
    bars, steps, points, area = _told(figure(chart))["data"]
    assert bars["type"] == "bar"
    assert (steps["line"]["shape"], steps["line"]["dash"]) == ("hv", "dot")
    assert (points["mode"], points["marker"]["color"]) == ("markers", "#000000")
    assert area["fill"] == "tozeroy"
