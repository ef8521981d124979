"""Thresholds: read as people write them, refused where they say nothing."""

from __future__ import annotations

import pytest

from simulators.load.scenario.thresholds import ThresholdError, parse


@pytest.mark.parametrize(
    ("text", "figure", "limit", "is_share"),
    [
        ("p99 < 200ms", "p99", 200, False),
        ("p99.9<=1.5s", "p99.9", 1_500, False),
        ("withdrawal.p50 < 900us", "p50", 0.9, False),
        ("added_p99 < 5ms", "added_p99", 5, False),
        ("declined_68 < 0.1%", "declined_68", 0.001, True),
        ("lost == 0", "lost", 0, False),
        ("achieved > 99.9%", "achieved", 0.999, True),
        ("rate >= 120/s", "rate", 120, False),
    ],
)
def test_thresholds_are_read(text: str, figure: str, limit: float, *, is_share: bool) -> None:
    found = parse(text)
    assert found.figure == figure
    assert found.limit == pytest.approx(limit)
    assert found.is_share is is_share
    assert found.kind == ("withdrawal" if "withdrawal" in text else "")


def test_a_threshold_compares_as_it_says() -> None:
    assert parse("p99 < 200ms").holds(199.9)
    assert not parse("p99 < 200ms").holds(200)
    assert parse("lost == 0").holds(0)
    assert not parse("approved > 95%").holds(0.95)


@pytest.mark.parametrize(
    "text",
    ["", "p99", "p99 < 200", "p99 < 3%", "lost < 3ms", "speed < 3", "lost < 3/s", "p999 < 1ms"],
)
def test_what_is_no_threshold_is_quoted(text: str) -> None:
    with pytest.raises(ThresholdError, match=r"threshold|needs|no time|figure|second"):
        parse(text)
