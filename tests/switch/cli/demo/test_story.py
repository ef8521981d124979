"""The story has what a newcomer must see."""

from __future__ import annotations

from switch.cli.demo.story import STORY
from switch.core.transaction import State


def test_the_story_shows_approvals_every_refusal_a_silent_bank_and_a_crash() -> None:
    withdrawals = [act for act in STORY if act.job["do"] == "withdrawal"]
    assert len(withdrawals) >= 8
    codes = {act.ends[1] for act in withdrawals}
    assert codes == {"00", "55", "57", "61", "98", "A0", ""}
    assert sum(act.kills for act in STORY) == 1


def test_what_may_have_reached_a_silent_bank_is_reversed() -> None:
    for act in STORY:
        assert act.then_reverses == (act.state is State.REVERSED)


def test_the_amount_of_the_crash_is_that_of_no_other_act() -> None:
    amounts = [act.job.get("yuan") for act in STORY]
    (killed,) = (act.job["yuan"] for act in STORY if act.kills)
    assert amounts.count(killed) == 1
