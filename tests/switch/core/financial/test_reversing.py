"""The identity of a 0420: one for each original, with a number that was promised."""

from __future__ import annotations

import pytest

from switch.core.errors import InvariantBroken
from switch.core.financial.reversing import Reversing
from switch.core.incarnation.trace_numbers import Numbers
from switch.core.moment import Moment
from switch.core.outbox import Outbox
from tests.switch.core.stage import START_MS, Stage, configuration, silent


def _reversing() -> Reversing:
    outbox = Outbox()
    outbox.begin(Moment(0, START_MS))
    reversing = Reversing(outbox, Numbers("stan"))
    reversing.stans.add(41, 2)
    return reversing


def test_a_plan_is_due_now_and_expires() -> None:
    plan = _reversing().plan("4021", configuration())
    assert plan is not None
    assert (plan.stan, plan.transmission, plan.reason) == ("000041", "0618093000", "4021")
    assert (plan.due_ms, plan.expires_ms) == (START_MS, START_MS + 3 * 86_400_000)


def test_a_promised_number_is_not_given_to_a_stranger() -> None:
    reversing = _reversing()
    reversing.stans.promise()
    assert reversing.plan("4001", configuration()) is not None
    assert reversing.plan("4001", configuration()) is None
    assert reversing.stans.redeem() == 42


def test_a_number_that_nobody_promised_breaks_an_invariant() -> None:
    with pytest.raises(InvariantBroken):
        _reversing().stans.redeem()


def test_every_doubt_of_a_full_house_has_its_number() -> None:
    stage = Stage(silent)
    stage.sign_on()
    stans = stage.engine._in_flight._stans
    stans.ask = None
    for number in range(50):
        stage.withdraw(f"{number + 2:06d}", f4="000000001000")
    stans._blocks.clear()
    stans._end = stans._next + stans.promised
    stans.left = stans.promised
    stage.pass_time(50_000)
    reversals = stage.reversals()
    assert len({fields[11] for fields in reversals}) == len(reversals) == 50
