"""The result file of a pay-out comes back to the host, and benefit inquiries tell of it."""

from __future__ import annotations

import pytest

from simulators.cards import FIRST_PAN
from simulators.social_security.results import take_results
from simulators.social_security.sample import HOST, PENSION, payment, sample_books
from switch.core.social.payout_files import PayoutFile, result
from switch.core.social.payouts import Outcome, Payout


def _text(*statuses: str) -> str:
    payouts = tuple(
        Payout(payment(card), FIRST_PAN, 11_500, PENSION) for card in range(len(statuses))
    )
    outcomes = {
        each.number: Outcome(status, "14" if status == "rejected" else "", "416900000001")
        for each, status in zip(payouts, statuses, strict=True)
    }
    return result(PayoutFile(HOST, PENSION, "20260601", payouts), outcomes)


def test_each_benefit_is_what_its_line_says() -> None:
    books = sample_books(range(3))
    assert take_results(books, _text("paid", "rejected", "pending", "manual")) == 3
    told = [books.benefits[payment(card)] for card in range(3)]
    assert [each.status for each in told] == ["paid", "rejected", "sent"]
    assert told[1].told == "14"


@pytest.mark.parametrize("text", ["", "H,JBPAYOUT1,1", "H,JBRESULT1,1\nP,1,2", "H,JBRESULT1\nX"])
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="should be"):
        take_results(sample_books(range(1)), text)
