"""The story has what a newcomer must see."""

from __future__ import annotations

from simulators.installation import CARDS_EACH
from switch.cli.demo import city
from switch.cli.demo.story import NAMES, STORY
from switch.core.transaction import State


def test_the_story_shows_approvals_every_refusal_a_silent_bank_and_a_crash() -> None:
    assert len(STORY) >= 20
    codes = {act.ends[1] for act in STORY}
    assert codes == {"00", "55", "57", "61", "98", "A0", ""}
    assert sum(act.kills for act in STORY) == sum(act.cuts for act in STORY) == 1
    assert {act.ends[0] for act in STORY} >= {"chip_refused", "no_answer", "line_lost"}
    assert {act.job["do"] for act in STORY} == NAMES.keys()


def test_both_terminals_and_two_days_are_shown() -> None:
    assert {act.at for act in STORY} == set(range(len(city.POINTS)))
    (midnight,) = (act for act in STORY if act.opens)
    assert midnight.opens[:10] > city.LATE[:10] == city.MORNING[:10]


def test_fees_of_the_story_are_half_a_percent_at_another_bank_and_nothing_else() -> None:
    for act in STORY:
        bank = int(str(act.job.get("card", 0))) // CARDS_EACH % len(city.BANKS)
        is_charged = act.job["do"] == "withdrawal" and act.state is not None and bank != act.at
        assert act.fee_fen == (act.yuan // 2 if is_charged else 0), act.why.en


def test_what_may_have_reached_a_bank_in_vain_is_reversed() -> None:
    for act in STORY:
        assert act.then_reverses == (act.state is State.REVERSED)


def test_the_amount_of_the_crash_is_that_of_no_other_act() -> None:
    amounts = [act.yuan for act in STORY]
    (killed,) = (act.yuan for act in STORY if act.kills)
    assert amounts.count(killed) == 1
