"""What a person may do about a reversal, and what is refused with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from switch.cli.books.settling import LONGEST_WHY, RESOLVE, RETRY, control_verbs, resolve, retry
from switch.config.installation import load
from switch.core.operations import ATTEMPT_BITS, Acknowledge, Open, ReversalPlan, Taking
from switch.core.transaction import State
from switch.ledger.protocol import Where
from switch.ledger.sqlite import SqliteLedger
from tests.switch.cli.books.conftest import (
    APPROVED,
    DECLINED,
    EXPIRED,
    FORWARDED,
    IN_DOUBT,
    PAN,
    REVERSED,
)


@pytest.fixture
def store(folder: Path) -> Iterator[SqliteLedger]:
    """Return the ledger of the folder, open for writing."""
    with closing(SqliteLedger(load(folder).ledger, fill_every_s=None)) as ledger:
        yield ledger


def _state(store: SqliteLedger, rrn: str) -> tuple[State, str]:
    store.fill()
    row = store.transactions(1, Where(rrn=rrn))[0]
    return row.state, row.reason


def _refunded(store: SqliteLedger, *, is_expired: bool) -> str:
    """Refund the approved transaction in part; return the RRN of the advice."""
    store.fill()
    of = store.transactions(1, Where(rrn=APPROVED))[0]
    key = replace(of.key, stan="000077")
    record = replace(of.record, rrn="416900000077", amount_fen=1_000)
    plan = ReversalPlan("000900", "0618093612", "0000", 1, 10**15)
    taking = Taking(of.key, 1_000)
    attempt = 1 << ATTEMPT_BITS | 999_001
    advice = Open(attempt, key, b"", record, None, 1, False, taking, plan)
    store.submit([advice])
    if is_expired:
        store.submit([Acknowledge(attempt + 1, key, State.ADVICE_EXPIRED, "25")])
    return record.rrn


@pytest.mark.parametrize(
    ("verdict", "state", "left_fen"),
    [("booked", State.APPROVED, 1_000), ("refused", State.DECLINED, 0)],
)
def test_an_advice_that_its_issuer_did_not_take_is_ended_by_a_person(
    store: SqliteLedger, verdict: str, state: State, left_fen: int
) -> None:
    rrn = _refunded(store, is_expired=True)
    resolve(store, rrn, verdict, "bank confirmed by phone")
    assert _state(store, rrn) == (state, "by hand: bank confirmed by phone")
    (of,) = store.transactions(1, Where(rrn=APPROVED))
    assert of.taken_fen == left_fen


def test_an_advice_ends_as_advices_do_and_is_not_refused_while_it_is_sent(
    store: SqliteLedger,
) -> None:
    rrn = _refunded(store, is_expired=False)
    with pytest.raises(ValueError, match="does not end as reversed: it is ADVISED"):
        resolve(store, rrn, "reversed", "x")
    with pytest.raises(ValueError, match="it can be refused once it has expired"):
        resolve(store, rrn, "refused", "x")
    with pytest.raises(ValueError, match="as booked: it is REVERSAL_EXPIRED"):
        resolve(store, EXPIRED, "booked", "x")
    assert resolve(store, rrn, "booked", "x")["state"] == "APPROVED"


def _held_fen(store: SqliteLedger) -> int:
    store.fill()
    return store.totals().held_fen


def test_a_queued_reversal_is_due_at_once(store: SqliteLedger) -> None:
    assert retry(store, IN_DOUBT, 5) == {"rrn": IN_DOUBT, "state": "IN_DOUBT"}
    store.fill()
    assert [advice.due_ms for advice in store.advices()] == [5]


@pytest.mark.parametrize("rrn", [APPROVED, REVERSED, EXPIRED, FORWARDED, "416900000099", ""])
def test_what_has_no_queued_reversal_cannot_be_sent_again(store: SqliteLedger, rrn: str) -> None:
    with pytest.raises(ValueError, match=r"is not queued: it is|no transaction with RRN"):
        retry(store, rrn, 5)


@pytest.mark.parametrize("rrn", [IN_DOUBT, EXPIRED])
def test_a_reversal_that_the_bank_confirmed_frees_the_hold(store: SqliteLedger, rrn: str) -> None:
    before = _held_fen(store)
    told = resolve(store, rrn, "reversed", "bank  confirmed\nby phone")
    assert told == {"rrn": rrn, "state": "REVERSED"}
    assert _state(store, rrn) == (State.REVERSED, "by hand: bank confirmed by phone")
    assert _held_fen(store) == before - 10_000
    assert rrn not in [advice.row.record.rrn for advice in store.advices()]


@pytest.mark.parametrize("rrn", [IN_DOUBT, EXPIRED])
def test_a_withdrawal_that_stands_keeps_its_hold(store: SqliteLedger, rrn: str) -> None:
    before = _held_fen(store)
    resolve(store, rrn, "kept", "cash was paid out")
    assert _state(store, rrn) == (State.REVERSAL_EXPIRED, "by hand: cash was paid out")
    assert _held_fen(store) == before
    assert rrn not in [advice.row.record.rrn for advice in store.advices()]


def test_a_card_number_in_a_reason_is_not_kept(store: SqliteLedger) -> None:
    resolve(store, EXPIRED, "kept", f"holder of {PAN} called")
    assert PAN not in _state(store, EXPIRED)[1]


@pytest.mark.parametrize(
    ("rrn", "verdict", "why", "reason"),
    [
        (EXPIRED, "lost", "x", "it ends as reversed, kept, booked, refused, not as 'lost'"),
        (EXPIRED, "kept", " ", f"1 to {LONGEST_WHY} characters"),
        (EXPIRED, "kept", "x" * (LONGEST_WHY + 1), f"1 to {LONGEST_WHY} characters"),
        (REVERSED, "kept", "x", "is reversed already"),
        (APPROVED, "reversed", "x", "is not on its way: it is APPROVED"),
        (DECLINED, "reversed", "x", "is not on its way: it is DECLINED"),
        ("416900000099", "kept", "x", "no transaction with RRN"),
    ],
)
def test_what_cannot_be_settled_is_refused_and_changes_nothing(
    store: SqliteLedger, rrn: str, verdict: str, why: str, reason: str
) -> None:
    before = _held_fen(store)
    with pytest.raises(ValueError, match=reason):
        resolve(store, rrn, verdict, why)
    assert _held_fen(store) == before


def test_a_running_switch_offers_both_on_its_control_socket(store: SqliteLedger) -> None:
    verbs = control_verbs(store, lambda: 7)
    assert verbs[RETRY]({"rrn": IN_DOUBT})["state"] == "IN_DOUBT"
    store.fill()
    assert [advice.due_ms for advice in store.advices()] == [7]
    asked = {"rrn": IN_DOUBT, "as": "reversed", "why": "bank said so"}
    assert verbs[RESOLVE](asked)["state"] == "REVERSED"
    with pytest.raises(ValueError, match="it ends as reversed, kept"):
        verbs[RESOLVE]({"rrn": EXPIRED})
