"""What a person is told of an act and of the books."""

from __future__ import annotations

from msgspec.structs import replace

from messages.dialects.dialect import Words
from switch.cli.demo import telling
from switch.cli.demo.audit import Check
from switch.cli.demo.play import Cap, Shown
from switch.cli.demo.story import STORY
from switch.core.transaction import State


def _shown(wrong: str = "") -> Shown:
    return Shown(
        act=STORY[1],
        day=20140910,
        fee={
            "fee_fen": 350,
            "rules": [
                {"id": "C7", "clause": "四(四)3(3)", "en": "at another bank", "zh": "跨行"},
                {"id": "I6", "clause": "四(四)3(3)", "en": "agreed", "zh": "协议"},
            ],
            "legs": [{"payer": "issuer", "payee": "network", "amount_fen": 60, "rule": "I6"}],
        },
        verdict="approved",
        code="00",
        code_words=Words("approved", "成功"),
        rrn="425309000001",
        issuer="Bank",
        link="bank-1",
        cap=Cap(200_000, 50_000, 0),
        state=State.APPROVED,
        reason=Words("all is well", "一切正常"),
        wrong=wrong,
    )


def test_an_act_names_answer_route_reason_and_what_is_left_of_the_cap() -> None:
    told = " ".join(telling.act(2, _shown()).split())
    for part in (
        "2. withdrawal 助农取款 500.00",
        "00 approved 成功",
        "terminal 50010001 > the 金保 network 金保专网 > switch > a bank link",
        "bank-1 > Bank",
        "3.50: C7 at another bank (四(四)3(3)); I6 agreed (四(四)3(3)): issuer to network 0.60",
        "3.50：C7 跨行（四(四)3(3)）；I6 协议（四(四)3(3)）",
        "all is well 一切正常",
        "1500.00 left of 2000.00",
    ):
        assert part in told
    assert "WRONG" not in told
    assert "not charged" not in told
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
    assert "a social host" in " ".join(telling.title().split())


def test_a_fee_of_what_was_undone_is_not_charged() -> None:
    undone = telling.fee_words(replace(_shown(), state=State.REVERSED))
    assert undone is not None
    assert undone.en.startswith("not charged; 3.50: C7")
    assert telling.fee_words(replace(_shown(), fee=None)) is None
