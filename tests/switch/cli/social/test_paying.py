"""Pay-outs recorded in a ledger: once each, in one commit, with numbers that nobody else has."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from simulators.installation import configuration
from simulators.social_security.sample import HOST
from switch.cli.social.paying import AT_ONCE, PAY, pay, payout_verb
from switch.config.registry.funds import load_funds
from switch.core.outcomes import Unknown
from switch.core.social.payouts import Payout
from switch.core.transaction import State
from switch.ledger.memory import MemoryLedger
from tests.house.source import ROOT
from tests.simulators.acting import START_MS

CITY = replace(configuration(), funds=load_funds("chongqing-2014", ROOT))
PAN = "6219991234567890120"


def _payouts(count: int, fund: str = "1001") -> list[Payout]:
    return [Payout(f"{100100000000 + n}", PAN, 11_500, fund) for n in range(count)]


def test_each_is_recorded_once_with_numbers_of_its_own() -> None:
    ledger = MemoryLedger()
    first = pay(ledger, CITY, HOST, _payouts(3), START_MS)
    again = pay(ledger, CITY, HOST, _payouts(5), START_MS)
    assert {each.status for each in first.values()} == {"pending"}
    assert len(again) == 5
    rows = ledger.transactions()
    assert len({row.record.rrn for row in rows}) == len({row.attempt for row in rows}) == 5
    assert {row.state for row in rows} == {State.ADVISED}
    assert len(ledger.advices()) == 5


def test_a_fund_that_is_unknown_or_not_open_records_nothing() -> None:
    ledger = MemoryLedger()
    for fund, why in (("2001", "fund 2001 is not open"), ("9999", "no fund 9999")):
        with pytest.raises(ValueError, match=why):
            pay(ledger, CITY, HOST, _payouts(1, fund), START_MS)
    assert not ledger.transactions()


def test_a_ledger_that_cannot_say_is_told_as_such() -> None:
    class Forgetful(MemoryLedger):
        def submit(self, batch):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            return [Unknown() for _ in batch]

    with pytest.raises(ValueError, match="run it again"):
        pay(Forgetful(), CITY, HOST, _payouts(1), START_MS)


def test_the_control_socket_s_verb_takes_so_many_at_once() -> None:
    ledger = MemoryLedger()
    verb = payout_verb(ledger, lambda: CITY, lambda: START_MS)[PAY]
    rows = [[each.number, each.pan, each.amount_fen, each.fund] for each in _payouts(2)]
    told = verb({"agency": HOST, "payouts": rows})
    assert [each[0] for each in told["outcomes"].values()] == ["pending", "pending"]
    with pytest.raises(ValueError, match=f"at most {AT_ONCE}"):
        verb({"agency": HOST, "payouts": rows * AT_ONCE})
