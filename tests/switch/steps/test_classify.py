"""A transaction that is known and not served is refused, and says which it was."""

from __future__ import annotations

from msgspec.structs import replace

from messages.reasons import Reason
from switch.core.rules import Rule
from switch.steps.classify import classify
from tests.switch.steps.walking import walker


def test_a_served_transaction_passes() -> None:
    txn = walker()
    assert classify(txn) is None
    assert txn.rule.id == "rural_withdrawal"
    assert txn.trace == [Rule.TRANSACTION_KNOWN, Rule.TRANSACTION_SERVED]


def test_a_transaction_without_terms_is_not_open() -> None:
    txn = walker()
    txn.rule = replace(txn.rule, business=None)
    decline = classify(txn)
    assert decline is not None
    assert (decline.reason, decline.rule) == (Reason.SERVICE_NOT_OPEN, Rule.TRANSACTION_SERVED)
    assert decline.facts == {"transaction": "rural_withdrawal"}
    assert txn.trace == [Rule.TRANSACTION_KNOWN]


def test_a_transaction_that_data_refuse_gets_their_reason() -> None:
    txn = walker()
    txn.rule = replace(txn.rule, refuse=Reason.TRANSACTION_UNKNOWN)
    decline = classify(txn)
    assert decline is not None
    assert decline.reason is Reason.TRANSACTION_UNKNOWN
