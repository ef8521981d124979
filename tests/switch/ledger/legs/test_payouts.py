"""Pay-outs recorded while whoever records them dies between any two steps: once each."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from simulators.installation import SOCIAL_HOST, Size, configuration
from switch.core.operations import Open, Operation, TransactionKey
from switch.core.outcomes import Outcome, Unknown
from switch.core.social.payouts import Payout, earlier_keys
from switch.core.transaction import State
from switch.ledger.legs.payouts import record
from switch.ledger.memory import MemoryLedger
from tests.simulators.acting import START_MS

CITY = configuration(Size(social=True))
ORDER = [Payout(f"{100100000000 + n}", "6219991234567890120", 11_500 + n, "1001") for n in range(3)]
STEPS = 12
"""Before and after each of six batches."""


class _DiedError(Exception):
    pass


class _Mortal:
    """A ledger whose caller dies at a step."""

    def __init__(self, ledger: MemoryLedger, dies_at: int) -> None:
        self._ledger = ledger
        self._left = dies_at

    def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        self._step()
        outcomes = self._ledger.submit(batch)
        self._step()
        return outcomes

    def _step(self) -> None:
        self._left -= 1
        if not self._left:
            raise _DiedError


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_a_death_at_any_step_records_all_or_none_and_never_twice(step: int) -> None:
    ledger = MemoryLedger()
    with pytest.raises(_DiedError):
        record(_Mortal(ledger, step), CITY, SOCIAL_HOST, ORDER, (START_MS, bytes(16)))
    assert len(ledger.transactions()) in {0, len(ORDER)}
    told = record(ledger, CITY, SOCIAL_HOST, ORDER, (START_MS, bytes(15) + b"\x01"))
    assert {each.status for each in told.values()} == {"pending"}
    rows = ledger.transactions()
    assert len(rows) == len({row.record.rrn for row in rows}) == len(ORDER)
    assert {row.state for row in rows} == {State.ADVISED}


def test_without_a_death_it_has_as_many_steps() -> None:
    record(_Mortal(MemoryLedger(), STEPS + 1), CITY, SOCIAL_HOST, ORDER, (START_MS, bytes(16)))


def test_another_order_under_a_number_is_told_as_a_repeat() -> None:
    ledger = MemoryLedger()
    record(ledger, CITY, SOCIAL_HOST, ORDER, (START_MS, bytes(16)))
    other = [replace(ORDER[0], amount_fen=1)]
    told = record(ledger, CITY, SOCIAL_HOST, other, (START_MS, bytes(15) + b"\x02"))
    assert told[ORDER[0].number].code == "94"


def test_another_fund_under_a_number_is_told_as_a_repeat_and_pays_nobody() -> None:
    ledger = MemoryLedger()
    record(ledger, CITY, SOCIAL_HOST, ORDER, (START_MS, bytes(16)))
    other = [replace(ORDER[0], fund="1002")]
    told = record(ledger, CITY, SOCIAL_HOST, other, (START_MS, bytes(15) + b"\x02"))
    assert told[ORDER[0].number] == ("rejected", "94", "")
    assert len(ledger.transactions()) == len(ORDER)


def test_what_was_recorded_with_its_fund_in_its_key_is_found() -> None:
    ledger, order = MemoryLedger(), ORDER[0]
    by_fund = dict(zip(CITY.funds, earlier_keys(order, SOCIAL_HOST, CITY), strict=True))
    at = (START_MS, bytes(16))
    record(_Elsewhere(ledger, by_fund[order.fund]), CITY, SOCIAL_HOST, [order], at)
    for fund in ("1001", "1002"):
        again = [replace(order, fund=fund)]
        told = record(ledger, CITY, SOCIAL_HOST, again, (START_MS, bytes(15) + b"\x02"))
        assert told[order.number].status == ("pending" if fund == order.fund else "rejected")
    assert [row.key for row in ledger.transactions()] == [by_fund[order.fund]]


class _Elsewhere:
    """A ledger that keeps a pay-out under another key, as one of before does."""

    def __init__(self, ledger: MemoryLedger, key: TransactionKey) -> None:
        self._ledger, self._key = ledger, key

    def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        return self._ledger.submit(
            [replace(each, key=self._key) if isinstance(each, Open) else each for each in batch]
        )


def test_a_ledger_that_cannot_say_is_told_as_such() -> None:
    class Forgetful(MemoryLedger):
        def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
            return [Unknown() for _ in batch]

    with pytest.raises(ValueError, match="run it again"):
        record(Forgetful(), CITY, SOCIAL_HOST, ORDER, (START_MS, bytes(16)))
