"""Worlds in which people transfer: both legs or none, and a bank that credits nothing is found."""

from __future__ import annotations

import pytest

from simulators.accounts import APPROVED, Accounts, Debit
from simulators.world import plants
from simulators.world.plant import Plant
from simulators.world.setting import Setting
from simulators.world.trial import attempt
from switch.core.transfers.legs import is_transfer

SEEDS = range(1, 9)


class _Crediting(Accounts):
    """Books that say that they credited, and did not."""

    def pay_in(self, credit: Debit) -> str:  # noqa: ARG002 - as Accounts
        return APPROVED


class _Uncharging(Accounts):
    """Books that say that they debited, and did not."""

    def withdraw(self, debit: Debit) -> str:  # noqa: ARG002 - as Accounts
        return APPROVED


class _LostCredit(Plant):
    promise = "transfers"

    def accounts(self) -> Accounts:
        return _Crediting()


class _LostDebit(Plant):
    promise = "transfers"

    def accounts(self) -> Accounts:
        return _Uncharging()


def test_worlds_with_transfers_keep_every_promise() -> None:
    states: set[str] = set()
    for seed in SEEDS:
        verdict, history = attempt(Setting(seed=seed, transfers=True))
        assert verdict.violations == [], seed
        states |= {row.state.name for row in history.end.rows if is_transfer(row)}
    assert {"APPROVED", "DECLINED", "REVERSED"} <= states


@pytest.mark.parametrize(
    ("plant", "told"),
    [(_LostCredit, "debited and not credited"), (_LostDebit, "credited and not debited")],
)
def test_a_bank_that_does_one_leg_only_is_found(
    monkeypatch: pytest.MonkeyPatch, plant: type[Plant], told: str
) -> None:
    monkeypatch.setitem(plants.PLANTS, "one-leg", plant)
    for seed in SEEDS:
        verdict, _ = attempt(Setting(seed=seed, transfers=True, plant="one-leg"))
        found = [each.what for each in verdict.violations if each.promise == "transfers"]
        if any(told in what for what in found):
            return
    pytest.fail("no world found it")
