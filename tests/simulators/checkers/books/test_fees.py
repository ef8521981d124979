"""Every fee again, by a computation that knows nothing of the quick one."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from msgspec.structs import replace

from simulators.checkers.books.bank_tables import BankTable
from simulators.checkers.books.fees import check
from simulators.world.history import History
from switch.core.operations import Taking
from switch.core.outcomes import CapExceeded, Opened, Outcome
from tests.simulators import recording
from tests.switch.ledger import making

_YUAN = 100
_OPENED = Opened(0, 0)
Legs = tuple[tuple[str, int], ...]
_SALE: Legs = (("ai", 275), ("an", 40), ("ma", 75))


def test_the_planted_bug_is_seen() -> None:
    assert recording.sees(check, "old-table")


def test_healthy_worlds_keep_the_promise() -> None:
    assert recording.is_content(check)


def _history() -> History:
    history = recording.blank()
    history.bank_tariff = BankTable.CEILING
    return history


class Asked(NamedTuple):
    """What is opened: its number, its kind, yuan, and of which number it takes."""

    stan: int
    kind: str
    yuan: int = 500
    of: int = 0


def _opens(
    history: History, asked: Asked, cost: tuple[int, Legs], outcome: Outcome = _OPENED
) -> None:
    opening = making.opening(1, asked.stan)
    fen = asked.yuan * _YUAN
    record = replace(
        opening.record,
        kind=asked.kind,
        amount_fen=fen,
        clearing_day=20140618,
        fee_fen=cost[0],
        legs=cost[1],
    )
    taking = Taking(making.opening(1, asked.of).key, fen) if asked.of else None
    recording.applied(history, replace(opening, record=record, taking=taking), outcome)


@pytest.mark.parametrize(
    ("kind", "cost"),
    [
        ("rural_withdrawal", (400, (("ci", 400),))),
        ("social_sale", (0, _SALE)),
        ("social_balance_inquiry", (0, ())),
        ("pre_authorisation", (0, ())),
    ],
)
def test_the_right_fee_is_good_and_one_fen_more_is_seen(kind: str, cost: tuple[int, Legs]) -> None:
    good, bad, refused = _history(), _history(), _history()
    _opens(good, Asked(1, kind), cost)
    _opens(bad, Asked(1, kind), (cost[0] + 1, cost[1]))
    _opens(refused, Asked(1, kind), (cost[0] + 1, cost[1]), CapExceeded(0, 0, 0))
    assert not list(check(good))
    assert len(list(check(bad))) == 1
    assert not list(check(refused))


def test_a_leg_that_is_missing_is_seen() -> None:
    history = _history()
    _opens(history, Asked(1, "social_sale"), (0, _SALE[:2]))
    [found] = check(history)
    assert found.endswith("legs ai 275, an 40, and should cost 0 fen and legs ai 275, an 40, ma 75")


def test_a_void_gives_back_all_and_refunds_together_no_more() -> None:
    history = _history()
    _opens(history, Asked(1, "social_sale"), (0, _SALE))
    _opens(history, Asked(2, "social_void", of=1), (0, (("ia", 275), ("na", 40), ("am", 75))))
    _opens(history, Asked(3, "refund", 100, 1), (0, (("ia", 55), ("na", 8), ("am", 15))))
    _opens(history, Asked(4, "refund", 400, 1), (0, (("ia", 220), ("na", 32), ("am", 60))))
    assert not list(check(history))
    _opens(history, Asked(5, "refund", 1, 1), (0, (("ia", 2),)))
    assert len(list(check(history))) == 1


def test_the_fee_of_a_void_is_negative() -> None:
    history = _history()
    _opens(history, Asked(1, "rural_withdrawal"), (400, (("ci", 400),)))
    _opens(history, Asked(2, "social_void", of=1), (-400, (("ic", 400),)))
    assert not list(check(history))
