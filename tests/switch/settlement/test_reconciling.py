"""Three books: what agrees is silent; what does not is one case, with its transaction."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from switch.core.batches.values import Batch, Detail, Sums
from switch.core.operations import Row
from switch.core.transaction import State
from switch.ledger.settling.batches import count
from switch.settlement.cases import Case, moves
from switch.settlement.differences.issuers import Line
from switch.settlement.movements import CARDHOLDERS
from switch.settlement.reconciling import Reconciler, counting_of, noted
from tests.switch.ledger.making import settling
from tests.switch.settlement.village import DAY, FIRST, MERCHANT, SECOND, row, rules


def _batch(*details: tuple[int, int], told: int | None = None, is_balanced: bool = False) -> Batch:
    asked = settling(1).batch
    return replace(
        asked,
        results=(1, 1) if is_balanced else (2, 1),
        details=tuple(Detail("201", f"{stan:06d}", fen) for stan, fen in details),
        told=len(details) if told is None else told,
        counted=(Sums(1, 1), Sums()),
    )


def _found(
    rows: list[Row],
    batches: tuple[Batch, ...] = (),
    statements: dict[str, list[tuple[str, int]]] | None = None,
    **changes: object,
) -> list[Case]:
    given = {
        issuer: [Line(*each) for each in lines] for issuer, lines in (statements or {}).items()
    }
    reconciler = Reconciler(DAY, rules(**changes), batches, given)
    reconciler.take(rows)
    return reconciler.done().cases


def test_what_agrees_is_no_case() -> None:
    rows = [row(1), row(2, 8_000, "social_sale"), row(3, 500, state=State.DECLINED)]
    batch = _batch((1, 50_000), (2, 8_000))
    statement = [(rows[0].record.rrn, 50_000), (rows[1].record.rrn, 8_000)]
    assert _found(rows, (batch,), {FIRST: statement}) == []
    assert _found(rows, (_batch(is_balanced=True),)) == []


def test_an_approval_without_a_slip_is_long_and_names_its_transaction() -> None:
    (case,) = _found([row(1), row(2)], (_batch((1, 50_000)),))
    assert (case.kind, case.rrn, case.stan, case.amount_fen) == (
        "long",
        "416900000002",
        "000002",
        50_000,
    )
    assert (case.issuer, case.merchant, case.deadline) == (FIRST, MERCHANT, 20140708)
    assert sum(m.fen for m in case.movements if m.payee == f"point:{MERCHANT}") == 50_000


def _transfer(state: State) -> list[Row]:
    """Return a transfer, from the first bank to the second, its legs before it."""
    parent = row(1, 9_000, "transfer", state, legs=())
    debit = row(2, 9_000, "transfer_debit", state, legs=(("ci", 90),), fee_fen=90)
    credit = row(3, 9_000, "transfer_credit", state, issuer=SECOND, legs=())
    legs = [
        replace(leg, key=replace(parent.key, batch=batch), linked=(parent.key,))
        for leg, batch in ((debit, "A00001"), (credit, "K00001"))
    ]
    return [*legs, replace(parent, linked=(legs[0].key, legs[1].key))]


@pytest.mark.parametrize(
    ("state", "slips", "kind"),
    [(State.APPROVED, (), "long"), (State.REVERSED, ((1, 9_000),), "short")],
)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_transfer_that_differs_is_one_case_that_moves_both_legs(
    state: State, slips: tuple[tuple[int, int], ...], kind: str, *, is_reversed: bool
) -> None:
    """In whatever order its rows come: from the payer's account to the payee's, with its fee."""
    rows = _transfer(state)
    if is_reversed:
        rows.reverse()
    (case,) = _found(rows, (_batch(*slips),))
    assert (case.kind, case.rrn, case.amount_fen) == (kind, "416900000001", 9_000)
    net: Counter[str] = Counter()
    for payer, payee, fen, _ in case.movements:
        net[payer] -= fen
        net[payee] += fen
    assert {account: fen for account, fen in net.items() if fen} == {
        f"cardholders:{FIRST}": -9_090,
        FIRST: 90,
        f"cardholders:{SECOND}": 9_000,
    }


def test_a_transfer_of_one_leg_moves_nothing_by_itself() -> None:
    debit, _, parent = _transfer(State.REVERSED)
    (case,) = _found([debit, parent], (_batch((1, 9_000)),))
    assert (case.kind, case.movements) == ("short", ())


def test_a_transfer_agrees_by_its_slip_and_by_the_statements_of_both_banks() -> None:
    rows = _transfer(State.APPROVED)
    statements = {
        FIRST: [(rows[0].record.rrn, 9_090)],
        SECOND: [(rows[1].record.rrn, -9_000)],
    }
    assert _found(rows, (_batch((1, 9_000)),), statements) == []
    (case,) = _found(rows, (_batch((1, 8_999)),), statements)
    assert (case.kind, case.movements) == ("amount", ())


@pytest.mark.parametrize("state", [State.REVERSED, State.DECLINED, State.IN_DOUBT])
def test_a_slip_that_the_ledger_does_not_count_is_short(state: State) -> None:
    (case,) = _found([row(1, state=state)], (_batch((1, 50_000)),))
    assert (case.kind, case.rrn) == ("short", "416900000001")
    assert state.name in case.what


def test_a_slip_of_a_transaction_that_nobody_knows_is_short_without_one() -> None:
    (case,) = _found([], (_batch((7, 900)),))
    assert (case.kind, case.rrn, case.stan, case.amount_fen) == ("short", "", "000007", 900)
    assert case.movements == ()
    assert case.key == "short/50010001/000001/000007"


@pytest.mark.parametrize(
    ("kind", "slip_fen", "action"),
    [
        ("rural_withdrawal", 49_900, "credit_adjustment"),
        ("rural_withdrawal", 50_100, "claim"),
        ("refund", 50_100, "credit_adjustment"),
        ("refund", 49_900, "claim"),
    ],
)
def test_another_amount_is_put_right_by_what_it_differs(
    kind: str, slip_fen: int, action: str
) -> None:
    """A smaller slip of a withdrawal, or a greater one of a refund, is the cardholder's money."""
    made = row(1, 50_000, kind, legs=(("ia", 7),))
    (case,) = _found([made], (_batch((1, slip_fen)),), subsidy_fen=5)
    assert (case.kind, case.key) == ("amount", "amount/416900000001")
    assert case.what == f"the slip says {slip_fen} fen, the ledger 50000"
    own = [m for m in moves(case, action) if CARDHOLDERS + FIRST in {m.payer, m.payee}]
    moved = moves(case, action)
    assert {m.fen for m in moved} == {100}
    assert len(moved) == 3
    assert (own[0].payee == CARDHOLDERS + FIRST) is (action == "credit_adjustment")
    assert case.is_credit is (action == "credit_adjustment")


def test_of_a_refund_long_and_short_are_the_other_way_round() -> None:
    """What the ledger gave a cardholder without a slip, the point has paid; and the reverse."""
    refunds = [row(1, 900, "refund"), row(2, 800, "refund", State.DECLINED)]
    short, long = _found(refunds, (_batch((2, 800)),))
    assert (short.kind, short.rrn[-1], short.is_credit) == ("short", "1", True)
    assert (long.kind, long.rrn[-1], long.is_credit) == ("long", "2", True)
    point = f"point:{MERCHANT}"
    assert point in {m.payee for m in moves(short, "claim")}
    assert point in {m.payer for m in moves(long, "credit_adjustment")}


def test_what_began_before_the_look_back_is_told() -> None:
    """The ledger once counted two of the batch, and one of them has come."""
    batch = replace(_batch((1, 50_000)), counted=(Sums(100_000, 2), Sums()))
    reconciler = Reconciler(DAY, rules(), [batch], {})
    reconciler.take([row(1)])
    assert reconciler.done().older == [("50010001", "000001", 1)]
    (case,) = _found([], (_batch((7, 900)),))
    assert (
        case.what == "the terminal has a slip, the ledger has no such transaction since 2014-05-18"
    )


def test_an_upload_that_never_ended_is_one_case_and_not_many() -> None:
    (case,) = _found([row(1), row(2)], (_batch((1, 50_000), told=-1),))
    assert (case.kind, case.terminal, case.batch) == ("incomplete", "50010001", "000001")


def test_an_issuer_that_booked_otherwise_is_told_apart() -> None:
    rows = [row(1), row(2), row(3, state=State.REVERSED), row(4, issuer=SECOND), row(5, 300)]
    rrns = [each.record.rrn for each in rows]
    statement = [(rrns[0], 50_000), (rrns[2], 50_000), (rrns[4], 301), ("999999999999", 42)]
    found = _found(rows, (), {FIRST: statement})
    assert [(case.kind, case.rrn) for case in found] == [
        ("issuer_short", rrns[1]),
        ("issuer_long", rrns[2]),
        ("issuer_amount", rrns[4]),
        ("issuer_long", "999999999999"),
    ]


def test_a_refund_and_its_fee_are_compared_with_their_signs() -> None:
    refund = row(1, 3_000, "refund", fee_fen=-20)
    assert _found([refund], (), {FIRST: [(refund.record.rrn, -3_020)]}) == []
    (case,) = _found([refund], (), {FIRST: [(refund.record.rrn, 3_020)]})
    assert case.kind == "issuer_amount"


def test_what_nobody_acknowledged_is_a_manual_case_and_no_second_one() -> None:
    rows = [row(1, state=State.REVERSAL_EXPIRED)]
    (case,) = _found(rows, (), {FIRST: [(rows[0].record.rrn, 50_000)]})
    assert (case.kind, case.found_by) == ("manual", "ledger")


def test_a_note_says_when_and_by_whom_it_was_found() -> None:
    (case,) = _found([row(1), row(2)], (_batch((1, 50_000)),))
    (note,) = noted(case, 77, "reconciliation").notes
    assert (note.at_ms, note.by, note.action, note.why) == (
        77,
        "reconciliation",
        "found",
        case.what,
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from([State.APPROVED, State.REVERSED, State.DECLINED]),
            st.booleans(),
        ),
        max_size=10,
    )
)
def test_every_difference_is_one_case_and_nothing_else_is(
    drawn: list[tuple[State, bool]],
) -> None:
    """A terminal with slips that may or may not be approved: the cases are the exclusive or."""
    rows = [row(n, state=state) for n, (state, _) in enumerate(drawn, 1)]
    slips = [(n, 50_000) for n, (_, has_slip) in enumerate(drawn, 1) if has_slip]
    counted = count(rows, counting_of(rules()))
    found = _found(rows, (replace(_batch(*slips), counted=counted),))
    expected = [
        "long" if state is State.APPROVED else "short"
        for state, has_slip in drawn
        if (state is State.APPROVED) != has_slip
    ]
    assert sorted(case.kind for case in found) == sorted(expected)
