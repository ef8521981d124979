"""The charts: the numbers of the run, with its faults where they were."""

from __future__ import annotations

from simulators.load.drawings import Drawings
from tests.simulators.load import making


def test_every_chart_over_time_marks_the_faults() -> None:
    drawings = Drawings(making.result(), "en")
    charts = (
        drawings.latency(), drawings.rates(), drawings.ends_over_time(), drawings.by_link(),
        drawings.generator(),
    )  # fmt: skip
    for chart in charts:
        (span,) = chart.spans
        assert (span.start, span.end, span.name) == (2, 5, "wrong MACs")


def test_charts_have_the_numbers_of_the_run() -> None:
    result = making.result()
    drawings = Drawings(result, "zh")
    schedule, arrivals, answered = drawings.rates().series
    assert sum(y or 0 for y in arrivals.y) == 300
    assert sum(y or 0 for y in answered.y) <= 300
    assert schedule.y[0] is not None
    ends = drawings.ends_over_time()
    assert {series.name: sum(y or 0 for y in series.y) for series in ends.series} == {
        "批准": 240,
        "拒绝": 60,
    }
    intended, actual = drawings.percentile_curve().series
    assert list(intended.y) == sorted(y for y in intended.y if y is not None)
    assert actual.is_dashed


def test_a_closed_loop_has_no_schedule_to_draw() -> None:
    names = [each.name for each in Drawings(making.result(loop="closed"), "en").rates().series]
    assert names == ["arrivals", "answered"]
