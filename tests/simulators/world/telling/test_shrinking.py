"""The smallest world that fails: what is not needed for the failure goes, what is needed stays."""

from __future__ import annotations

from simulators.world.setting import Setting, business_of
from simulators.world.telling.shrinking import Shrinking
from simulators.world.trial import Verdict, Violation, attempt


def _failing(setting: Setting) -> Verdict:
    """Fail where crashes and two terminals are left: as if that were the bug."""
    is_bad = "crash" not in setting.without and setting.terminals != 1
    broken = [Violation("cap", "too much", step=40)] if is_bad else []
    fired = {name: 1 for name in ("crash", "delay", "split") if name not in setting.without}
    return Verdict(seed=setting.seed, violations=broken, fired=fired)


def test_faults_and_actors_that_are_not_needed_are_left_out() -> None:
    setting = Setting(seed=1, transfers=None, social=True, remittances=False)
    assert business_of(setting).transfers
    smallest = Shrinking(setting, _failing(setting), _failing).run()
    assert smallest.without == ("transfers", "social", "payouts", "delay", "split")
    assert smallest.terminals == 2
    assert (smallest.issuers, smallest.cards, smallest.minutes) == (1, 1, 1)
    assert smallest.until == 40


def test_another_promise_broken_on_the_way_does_not_count() -> None:
    def other(setting: Setting) -> Verdict:
        promise = "cap" if not setting.without else "money"
        violations = [Violation(promise, "x", step=1)]
        return Verdict(seed=1, violations=violations, fired={"delay": 1})

    setting = Setting(seed=1)
    assert Shrinking(setting, other(setting), other).run().without == ()


def test_a_real_world_shrinks_and_still_fails() -> None:
    setting = Setting(seed=1, minutes=2, plant="clear-pan")
    verdict, _ = attempt(setting)
    search = Shrinking(setting, verdict, lambda smaller: attempt(smaller)[0])
    smallest = search.run()
    assert search.violation.promise == "masks"
    assert smallest.terminals == smallest.issuers == smallest.cards == 1
    assert attempt(smallest)[0].violations
