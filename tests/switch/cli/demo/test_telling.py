"""What a person is told of an act and of the books."""

from __future__ import annotations

from messages.dialects.dialect import Words
from switch.cli.demo import telling
from switch.cli.demo.audit import Check
from switch.cli.demo.play import Cap, Shown
from switch.cli.demo.story import STORY


def _shown(wrong: str = "") -> Shown:
    return Shown(
        act=STORY[1],
        verdict="approved",
        code="00",
        code_words=Words("approved", "成功"),
        rrn="425309000001",
        issuer="Bank",
        link="bank-1",
        cap=Cap(200_000, 50_000, 0),
        state=None,
        reason=Words("all is well", "一切正常"),
        wrong=wrong,
    )


def test_an_act_names_answer_route_reason_and_what_is_left_of_the_cap() -> None:
    told = telling.act(2, _shown())
    for part in (
        "2. withdrawal 助农取款 500.00",
        "00 approved 成功",
        "terminal 50010001 > switch > link bank-1 > Bank",
        "all is well 一切正常",
        "1500.00 left of 2000.00",
    ):
        assert part in told
    assert "WRONG" not in told
    assert "\x1b" not in told


def test_what_is_wrong_is_told() -> None:
    told = telling.act(2, _shown("the ledger has nothing, not APPROVED"))
    assert "WRONG" in told
    assert "the ledger has nothing, not APPROVED" in told


def test_a_broken_promise_is_marked() -> None:
    words = Words("money is conserved", "资金守恒")
    told = telling.books([Check(words, True, "1 and 1"), Check(words, False, "1 and 2")])
    assert [line.split()[0] for line in told.splitlines() if "money" in line] == ["kept", "BROKEN"]
    assert "1 and 2" in told


def test_the_title_says_what_will_run() -> None:
    assert "four processes" in telling.title()
