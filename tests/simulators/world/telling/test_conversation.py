"""The conversation of one transaction: both sides and the ledger, in order, without card data."""

from __future__ import annotations

from simulators.cards import Card
from simulators.world.setting import Setting
from simulators.world.telling.conversation import conversation
from simulators.world.world import World
from switch.core.transaction import State


def test_it_goes_from_the_request_to_the_answer_and_through_the_ledger() -> None:
    history = World(Setting(seed=1, minutes=2, profile="calm", keeps_trace=True)).run()
    row = next(row for row in history.end.rows if row.state is State.APPROVED and row.cap)
    head, *lines = conversation(history, row.record.rrn)
    assert head.endswith("now APPROVED")
    words = [line.split("  ", 3)[-1] for line in lines]
    kinds = ["0200", "Open", "0200", "0210", "Close APPROVED", "0210"]
    found = iter(words)
    assert all(any(kind in word for word in found) for kind in kinds)


def test_no_card_is_named() -> None:
    history = World(Setting(seed=1, minutes=2, keeps_trace=True)).run()
    shown = "\n".join(
        line for row in history.end.rows for line in conversation(history, row.record.rrn)
    )
    assert shown
    assert all(secret not in shown.encode() for secret in history.secrets)
    assert Card().pan not in shown


def test_an_unknown_transaction_has_none() -> None:
    history = World(Setting(seed=1, minutes=1, keeps_trace=True)).run()
    assert conversation(history, "000000000000") == []
