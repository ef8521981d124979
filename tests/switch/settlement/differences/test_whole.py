"""A leg is its transfer; what a void or a refund took is no part of a case."""

from __future__ import annotations

from collections import Counter

import pytest
from msgspec.structs import replace

from switch.core.operations import Row
from switch.ledger.memory import MemoryLedger
from switch.settlement.differences.whole import left_of, whole_of
from switch.settlement.movements import Movement
from tests.switch.settlement.village import FIRST, MERCHANT, SECOND, put, row, rules


def _net(moved: tuple[Movement, ...]) -> dict[str, int]:
    net: Counter[str] = Counter()
    for payer, payee, fen, _ in moved:
        net[payer] -= fen
        net[payee] += fen
    return {account: fen for account, fen in net.items() if fen}


def _transfer() -> list[Row]:
    parent = row(1, 9_000, "transfer", legs=())
    debit = row(2, 9_000, "transfer_debit", legs=(("ci", 90),), fee_fen=90)
    credit = row(3, 9_000, "transfer_credit", issuer=SECOND, legs=())
    legs = [
        replace(leg, key=replace(parent.key, batch=batch), linked=(parent.key,))
        for leg, batch in ((debit, "A00001"), (credit, "K00001"))
    ]
    return [replace(parent, linked=(legs[0].key, legs[1].key)), *legs]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_transfer_and_both_its_legs_are_one_thing(at: int) -> None:
    rows, ledger = _transfer(), MemoryLedger()
    put(ledger, *rows, row(9))
    found, moved = whole_of(ledger, rules(), rows[at])
    assert found == rows[0]
    assert _net(moved) == {
        f"cardholders:{FIRST}": -9_090,
        FIRST: 90,
        f"cardholders:{SECOND}": 9_000,
    }


def test_a_transfer_of_one_leg_moves_nothing_by_itself() -> None:
    parent, debit, _ = _transfer()
    ledger = MemoryLedger()
    put(ledger, parent, debit)
    assert whole_of(ledger, rules(), debit) == (parent, ())


@pytest.mark.parametrize(("taken_fen", "left_fen"), [(0, 50_000), (20_000, 30_000), (50_000, 0)])
def test_what_was_given_back_is_no_part_of_it(taken_fen: int, left_fen: int) -> None:
    made = replace(row(1, kind="sale", legs=(("ci", 7),)), taken_fen=taken_fen)
    found, moved = whole_of(MemoryLedger(), rules(subsidy_fen=3), made)
    assert (found, moved) == (made, left_of(made, rules(subsidy_fen=3)))
    assert _net(moved).get(f"point:{MERCHANT}", 0) == left_fen
    fee = 0 if taken_fen else 7
    assert _net(moved).get(f"cardholders:{FIRST}", 0) == -left_fen - fee
    assert left_of(row(1, kind="social_balance_inquiry"), rules()) == ()
