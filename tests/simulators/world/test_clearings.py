"""A world's clearing runs: each day once, and what is reversed later is given back once."""

from __future__ import annotations

import pytest

from simulators.installation import configuration
from simulators.world.clearings import Clearings
from switch.core.transaction import State
from switch.ledger.memory import MemoryLedger
from switch.ledger.settling.protocol import Kept
from switch.settlement.rules import rules_of
from tests.switch.settlement import village


def test_a_day_is_cleared_once_and_a_later_reversal_given_back_once() -> None:
    ledger, clearings = MemoryLedger(), Clearings(rules_of(configuration()))
    taken = village.row(1)
    village.put(ledger, taken)
    day = taken.record.clearing_day
    first = clearings.close(ledger, day + 1)
    assert [made.day for made in first][-1] == day
    assert sum(made.count for made in first) == 1
    assert not clearings.close(ledger, day + 1)
    village.put(ledger, village.row(1, state=State.REVERSED))
    (second,) = clearings.close(ledger, day + 2)
    assert second.returned == 1
    (third,) = clearings.close(ledger, day + 3)
    assert not third.count
    for account in first[-1].positions:
        assert first[-1].positions[account] + second.positions[account] == 0


def test_cases_are_no_matter_of_it() -> None:
    store = Clearings(rules_of(configuration()))._store
    assert not store.cases()
    assert store.case(1) is None
    assert store.add_cases([("key", b"")]) == 0
    assert store.days() == []
    with pytest.raises(LookupError):
        store.change_case(Kept(1, "key", 1, is_open=True, body=b""))
