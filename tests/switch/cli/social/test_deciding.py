"""What a person may decide about a bill, and what is refused with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from switch.cli.books.settling import LONGEST_WHY, resolve
from switch.cli.social.deciding import DECIDE, bill_verb, decide
from switch.config.installation import load
from switch.core.social.bill import Bill
from switch.core.transaction import State
from switch.ledger.protocol import Where
from switch.ledger.sqlite import SqliteLedger
from tests.switch.cli.social.conftest import OPEN, PAID
from tests.switch.ledger import making


@pytest.fixture
def store(billed: Path) -> Iterator[SqliteLedger]:
    """Return the ledger of the folder, open for writing."""
    with closing(SqliteLedger(load(billed).ledger, fill_every_s=None)) as ledger:
        ledger.fill()
        yield ledger


def _bill(store: SqliteLedger) -> Bill:
    store.fill()
    (row,) = store.transactions(1, Where(rrn=OPEN))
    assert row.bill is not None
    return row.bill


@pytest.mark.parametrize(("verdict", "state"), [("cancelled", "CANCELLED"), ("kept", "PERSON")])
def test_a_bill_ends_by_a_person_s_word_which_stays_in_the_ledger(
    store: SqliteLedger, verdict: str, state: str
) -> None:
    told = decide(store, OPEN, verdict, "host desk,\n card 6219991234567890120")
    assert told == {"rrn": OPEN, "bill": "C1", "state": state}
    bill = _bill(store)
    assert bill.state.name == state
    assert bill.told.startswith("by hand: host desk, card ")
    assert "6219991234567890120" not in bill.told
    assert not store.advices()


def test_what_was_kept_can_be_let_go_later_and_not_the_other_way_round(
    store: SqliteLedger,
) -> None:
    decide(store, OPEN, "kept", "paid at the counter")
    store.fill()
    assert decide(store, OPEN, "cancelled", "given back")["state"] == "CANCELLED"
    store.fill()
    with pytest.raises(ValueError, match="needs no person: it is CANCELLED"):
        decide(store, OPEN, "kept", "x")


@pytest.mark.parametrize(
    ("rrn", "verdict", "why", "reason"),
    [
        (PAID, "cancelled", "x", "needs no person: it is CONFIRMED"),
        ("416900000099", "kept", "x", "no transaction with RRN"),
        ("", "kept", "x", "no transaction with RRN"),
        (OPEN, "confirmed", "x", "only one whose debit is REVERSAL_EXPIRED is confirmed"),
        (PAID, "confirmed", "x", "only one whose debit is REVERSAL_EXPIRED is confirmed"),
        (OPEN, "paid", "x", "it ends as cancelled, kept, confirmed, not as 'paid'"),
        (OPEN, "kept", " ", "a reason has 1 to"),
        (OPEN, "kept", "x" * (LONGEST_WHY + 1), "a reason has 1 to"),
    ],
)
def test_what_cannot_be_decided_is_refused_and_changes_nothing(
    store: SqliteLedger, rrn: str, verdict: str, why: str, reason: str
) -> None:
    before = _bill(store)
    with pytest.raises(ValueError, match=reason):
        decide(store, rrn, verdict, why)
    assert _bill(store) == before


def test_a_running_switch_offers_it_on_its_control_socket(store: SqliteLedger) -> None:
    verb = bill_verb(store)[DECIDE]
    assert verb({"rrn": OPEN, "as": "cancelled", "why": "ticket 17"})["state"] == "CANCELLED"
    with pytest.raises(ValueError, match="it ends as cancelled, kept"):
        verb({"rrn": OPEN})


def _left(store: SqliteLedger) -> str:
    """Leave a payment whose reversal no issuer acknowledged; return its RRN."""
    store.submit(
        [
            making.billing(21, 3),
            making.closing(22, 3, State.IN_DOUBT),
            making.acknowledging(23, 3, State.REVERSAL_EXPIRED),
        ]
    )
    store.fill()
    return making.rrn(3)


def _legs(store: SqliteLedger, rrn: str) -> tuple[str, str]:
    store.fill()
    (row,) = store.transactions(1, Where(rrn=rrn))
    assert row.bill is not None
    return row.state.name, row.bill.state.name


def test_a_debit_is_not_kept_while_its_bill_is_not_paid(store: SqliteLedger) -> None:
    rrn = _left(store)
    with pytest.raises(ValueError, match="both stand or neither") as refused:
        resolve(store, rrn, "kept", "bank says it is booked")
    assert f"jinbao bills resolve {rrn} --as confirmed" in str(refused.value)
    assert _legs(store, rrn) == ("REVERSAL_EXPIRED", "RESERVING")
    assert decide(store, rrn, "confirmed", "host desk booked it")["state"] == "CONFIRMED"
    store.fill()
    assert resolve(store, rrn, "kept", "bank says it is booked")["state"] == "REVERSAL_EXPIRED"
    assert _legs(store, rrn) == ("REVERSAL_EXPIRED", "CONFIRMED")


def test_a_debit_that_came_back_lets_go_of_its_bill(store: SqliteLedger) -> None:
    rrn = _left(store)
    resolve(store, rrn, "reversed", "bank gave it back")
    assert _legs(store, rrn) == ("REVERSED", "CANCELLING")
