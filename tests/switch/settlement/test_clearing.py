"""A day is cleared: once each, in doubt later, reversed given back; whatever comes, zero in sum."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.core.errors import InvariantBroken
from switch.core.operations import Row
from switch.core.transaction import State
from switch.ledger.settling.protocol import Mark, MarkState
from switch.settlement.clearing import GONE, PENDING, Adjustment, Clearer, Entry, PointLine
from switch.settlement.movements import Movement
from tests.switch.settlement.village import ACQUIRER, DAY, FIRST, MERCHANT, SECOND, row, rules


def _cleared(*rows: Row, **changes: object) -> Clearer:
    clearer = Clearer(DAY, rules(**changes))
    clearer.take_own(rows)
    return clearer


def test_only_what_is_approved_on_its_day_is_cleared() -> None:
    clearer = _cleared(
        row(1),
        row(2, state=State.DECLINED),
        row(3, clearing_day=DAY + 1),
        row(4, kind="social_balance_inquiry"),
        row(5, state=State.REVERSED),
        row(6, state=State.IN_DOUBT),
    )
    made = clearer.done()
    assert (made.count, made.carried) == (1, 1)
    assert made.positions[f"point:{MERCHANT}"] == 50_000
    assert [(mark.rrn[-1], mark.state) for mark in clearer.marks] == [
        ("5", MarkState.VOID),
        ("6", MarkState.CARRIED),
    ]


def test_what_is_inside_one_bank_is_no_part_of_the_netting() -> None:
    made = _cleared(row(1), row(2, issuer=SECOND)).done()
    assert made.interbank == {FIRST: -50_000, ACQUIRER: 50_000}
    assert made.inside == {SECOND: -50_000, ACQUIRER: 50_000}
    assert made.points[MERCHANT].withdrawn_fen == 100_000
    assert sorted(made.classes) == [
        f"{FIRST}/{ACQUIRER}/rural_withdrawal/off_us",
        f"{SECOND}/{ACQUIRER}/rural_withdrawal/on_us",
    ]


def test_a_points_line_says_what_it_gets_and_why() -> None:
    made = _cleared(
        row(1, 50_000),
        row(2, 8_000, "social_sale", legs=(("ai", 44), ("an", 6), ("ma", 12))),
        row(3, 3_000, "refund", legs=(("ia", 16), ("na", 2), ("am", 5))),
        subsidy_fen=25,
    ).done()
    line = made.points[MERCHANT]
    assert (line.withdrawals, line.withdrawn_fen, line.subsidy_fen) == (1, 50_000, 25)
    assert (line.sales, line.sold_fen, line.returns, line.returned_fen) == (1, 8_000, 1, 3_000)
    assert line.discount_fen == 62 - 23
    assert line.net_fen == 50_000 + 25 + 8_000 - 3_000 - 39


def test_what_got_its_outcome_later_is_cleared_then_and_once() -> None:
    clearer = Clearer(DAY + 1, rules(), waiting=frozenset({row(1).record.rrn}))
    # A centre said another day when it ended: it is listed among the day's own as well.
    clearer.take_own([row(1, clearing_day=DAY + 1)])
    clearer.take_carried([row(1), row(2, state=State.REVERSED), row(3, state=State.REVERSING)])
    made = clearer.done()
    assert (made.count, made.late, made.carried) == (1, 1, 1)
    assert [mark.state for mark in clearer.marks] == [MarkState.LATE, MarkState.VOID]


@pytest.mark.parametrize(
    ("mark", "is_returned"),
    [(None, True), (MarkState.LATE, True), (MarkState.VOID, False), (MarkState.RETURNED, False)],
)
def test_what_was_cleared_and_reversed_is_given_back_once(
    mark: MarkState | None, *, is_returned: bool
) -> None:
    old = row(1, state=State.REVERSED, legs=(("ci", 250), ("in", 20)))
    marks = {} if mark is None else {old.record.rrn: Mark(old.record.rrn, DAY, mark)}
    clearer = Clearer(DAY + 1, rules())
    clearer.take_reversed([old], marks)
    made = clearer.done()
    assert made.returned == int(is_returned)
    assert made.positions.get(f"point:{MERCHANT}", 0) == -50_000 * is_returned
    assert made.positions.get("network", 0) == -20 * is_returned


def test_a_reversal_of_the_same_day_is_no_matter_of_giving_back() -> None:
    clearer = Clearer(DAY, rules())
    clearer.take_reversed([row(1, state=State.REVERSED)], {})
    assert clearer.done().returned == 0


def test_adjustments_move_what_their_cases_ask_for() -> None:
    clearer = Clearer(DAY, rules())
    way = (f"point:{MERCHANT}", ACQUIRER, FIRST, f"cardholders:{FIRST}")
    moved = tuple(Movement(a, b, 700, "adjustment") for a, b in pairwise(way))
    clearer.take_adjustments([Adjustment(1, "4169", "credit_adjustment", moved, ACQUIRER)])
    made = clearer.done()
    assert made.points[MERCHANT].acquirer == ACQUIRER
    assert made.positions == {way[0]: -700, ACQUIRER: 0, FIRST: 0, way[3]: 700}
    assert made.interbank == {ACQUIRER: -700, FIRST: 700}
    assert made.points[MERCHANT].net_fen == -700


def test_an_adjustment_inside_a_bank_is_not_between_banks() -> None:
    clearer = Clearer(DAY, rules())
    moved = (Movement(SECOND, ACQUIRER, 700, "adjustment"),)
    clearer.take_adjustments([Adjustment(1, "4169", "claim", moved)])
    made = clearer.done()
    assert (made.interbank, made.inside) == ({}, {SECOND: -700, ACQUIRER: 700})


def test_a_remittance_goes_from_bank_to_bank_and_is_told_in_the_points_line() -> None:
    parent = row(1, 9_000, "cash_remittance")
    debit = row(2, 9_000, "cash_remittance_debit", legs=(("ci", 90), ("in", 10)))
    credit = row(3, 9_000, "cash_remittance_credit", issuer=SECOND)
    made = _cleared(parent, debit, credit).done()
    line = made.points[MERCHANT]
    assert (line.remittances, line.remitted_fen, line.passing_fen, line.net_fen) == (1, 9_000, 0, 0)
    assert made.positions[f"cardholders:{FIRST}"] == -9_090
    assert made.positions[f"cardholders:{SECOND}"] == 9_000
    assert made.interbank[FIRST] == -9_000 - 10
    late = _cleared(parent, debit).done()
    assert (late.points[MERCHANT].passing_fen, late.points[MERCHANT].net_fen) == (9_000, 9_000)


_IN_MEMORY = frozenset({State.OPENING, State.OPEN_UNKNOWN, State.CLOSING, State.CLOSE_UNKNOWN})


def test_every_state_of_the_ledger_is_cleared_gone_or_waits() -> None:
    """FORESTALLED alone is none of them: it has no transaction."""
    of_ledger = frozenset(State) - _IN_MEMORY - {State.FORESTALLED}
    assert PENDING | GONE | {State.APPROVED} == of_ledger
    assert not PENDING & GONE


@pytest.mark.parametrize("state", sorted(PENDING))
def test_whatever_has_no_outcome_waits_for_it(state: State) -> None:
    """A credit on its way, too: else it is never cleared, or given back without having been."""
    credit = row(1, 9_000, "transfer_credit", state=state)
    clearer = _cleared(credit)
    made = clearer.done()
    assert (made.count, made.carried) == (0, 1)
    assert clearer.marks == [Mark(credit.record.rrn, DAY, MarkState.CARRIED)]


def test_every_entry_is_told() -> None:
    told: list[Entry] = []
    clearer = Clearer(DAY, rules(), told.append)
    clearer.take_own([row(1), row(2, 300, "social_sale")])
    assert [(entry.row.key.stan, entry.sign, entry.kind.id) for entry in told] == [
        ("000001", 1, "rural_withdrawal"),
        ("000002", 1, "social_sale"),
    ]


def test_a_clearing_that_does_not_sum_to_zero_is_refused() -> None:
    clearer = _cleared(row(1))
    clearer._made.positions["network"] = 1
    with pytest.raises(InvariantBroken, match="does not sum to zero"):
        clearer.done()
    clearer = _cleared(row(1))
    clearer._made.points[MERCHANT] = PointLine(withdrawn_fen=49_999)
    with pytest.raises(InvariantBroken, match="does not sum to zero"):
        clearer.done()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["rural_withdrawal", "social_sale", "bill_payment", "refund", "x"]),
            st.sampled_from([State.APPROVED, State.REVERSED, State.IN_DOUBT, State.ADVISED]),
            st.integers(0, 10**6),
            st.sampled_from([FIRST, SECOND]),
            st.lists(
                st.tuples(
                    st.sampled_from(["ci", "ai", "an", "in", "ia", "ma"]), st.integers(1, 999)
                ),
                max_size=3,
            ),
        ),
        max_size=12,
    ),
    st.integers(0, 100),
)
def test_any_day_sums_to_zero_and_is_what_plain_arithmetic_says(
    drawn: list[tuple[str, State, int, str, list[tuple[str, int]]]], subsidy_fen: int
) -> None:
    rows = [
        row(n, fen, kind, state, issuer=issuer, legs=tuple(legs))
        for n, (kind, state, fen, issuer, legs) in enumerate(drawn, 1)
    ]
    made = _cleared(*rows, subsidy_fen=subsidy_fen).done()
    assert made.is_balanced
    sign = {"rural_withdrawal": -1, "social_sale": -1, "bill_payment": -1, "refund": 1}
    for issuer in (FIRST, SECOND):
        expected = sum(
            sign.get(kind, 0) * fen - sum(f for p, f in legs if p == "ci") * (kind in sign)
            for kind, state, fen, of, legs in drawn
            if state is State.APPROVED and of == issuer
        )
        assert made.positions.get(f"cardholders:{issuer}", 0) == expected
