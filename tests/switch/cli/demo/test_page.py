"""The page of the demo: opened in a browser, whole, masked, and honest about what is wrong."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from messages.dialects.dialect import Words
from switch.cli.demo import page
from switch.cli.demo.audit import Check
from switch.cli.demo.play import Cap, Shown
from switch.cli.demo.story import STORY
from switch.core.transaction import State
from tests.switch.report.browser import opened

_EVIL = "<script>alert(1)</script>"


def _shown(number: int, state: State | None, wrong: str = "") -> Shown:
    act = STORY[number]
    return Shown(
        act=act,
        day=20140910 + number % 2,
        verdict=act.ends[0],
        code=act.ends[1],
        code_words=Words("said", "应答"),
        rrn="425309000001",
        issuer="Bank",
        link="bank-1",
        fee=None,
        cap=Cap(200_000, 50_000, 0),
        state=state,
        reason=Words(_EVIL, "原因"),
        wrong=wrong,
    )


_ACTS = [_shown(number, act.state) for number, act in enumerate(STORY)]
_KEPT = Check(Words("money is conserved", "资金守恒"), True, "1 and 1")


def test_every_act_is_told_in_both_languages_without_an_error(tmp_path: Path) -> None:
    path = tmp_path / "demo.html"
    path.write_text(page.render(_ACTS, [_KEPT]), encoding="utf-8")
    with opened(path) as (seen, troubles):
        assert seen.locator("li.act").count() == len(STORY)
        words = seen.inner_text("body")
        assert seen.locator("section").count() == 5
        bar = seen.locator(".bar > span").first
        assert bar.evaluate("e => e.offsetWidth / e.parentElement.offsetWidth") == 0.25
        assert troubles == []
    for act in STORY:
        assert act.why.en in words
        assert act.why.zh in words
    assert "Everything is as it should be 一切正常" in words
    assert _EVIL in words


def test_what_is_wrong_is_told_first() -> None:
    broken = replace(_KEPT, is_kept=False)
    told = page.render([_shown(1, State.APPROVED, "the fee is 3.51, not 3.50")], [broken])
    assert "Something is wrong: 1 acts, 1 promises" in told
    assert "the fee is 3.51, not 3.50" in told
    assert "BROKEN" in told
    assert "Everything is as it should be" not in told
