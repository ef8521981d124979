"""The report of a run in a real browser: no error, charts drawn, nothing of a wire as markup."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.load.page import report
from switch.report.markup import Language
from tests.simulators.load import making
from tests.switch.report.browser import drawn_charts, opened


@pytest.mark.parametrize(("language", "word"), [("en", "Generator health"), ("zh", "发生器健康")])
def test_the_report_opens_without_error_and_draws_all_charts(
    tmp_path: Path, language: Language, word: str
) -> None:
    path = tmp_path / "report.html"
    path.write_text(report(making.result(), language), encoding="utf-8")
    with opened(path) as (page, troubles):
        page.wait_for_selector("html[data-drawn=yes]")
        assert drawn_charts(page) == page.locator("figure.chart").count() == 8
        assert page.locator("img").count() == 0
        assert page.get_by_role("heading", name=word, exact=True).count() == 1
        assert page.get_by_text(making.EVIL).count() > 1
        assert troubles == []


def test_a_closed_loop_is_labelled_and_an_invalid_run_says_so() -> None:
    assert "CLOSED LOOP" in report(making.result(loop="closed"))
    result = making.result()
    result.invalid = ["the generator was late"]
    text = report(result)
    assert "INVALID: the generator was late" in text
    assert "not those of the system under test" in text
