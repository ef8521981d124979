"""The issuer is that of the card's range."""

from __future__ import annotations

from messages.reasons import Reason
from switch.core.rules import Rule
from switch.steps.choose_issuer import choose_issuer
from tests.switch.core.stage import PAN
from tests.switch.steps.walking import walker


def test_the_issuer_of_the_range_and_its_link_are_chosen() -> None:
    txn = walker()
    found = txn.configuration.card_range(PAN)
    assert found is not None
    txn.card = found
    assert choose_issuer(txn) is None
    assert (txn.issuer_id, txn.issuer.links, txn.trace) == (
        "99910000",
        ("bank",),
        [Rule.ISSUER_KNOWN],
    )


def test_a_range_whose_issuer_is_not_there_is_refused() -> None:
    txn = walker(configured={"issuers": {}})
    found = txn.configuration.card_range(PAN)
    assert found is not None
    txn.card = found
    decline = choose_issuer(txn)
    assert decline is not None
    assert (decline.reason, decline.rule) == (Reason.ISSUER_UNKNOWN, Rule.ISSUER_KNOWN)
    assert (txn.issuer_id, txn.trace) == ("", [])
