"""The decision that all ledgers share: outcomes, caps, and every attempt twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from switch.core.errors import InvariantBroken
from switch.core.operations import (
    Close,
    FindByRrn,
    FindOriginal,
    Open,
    Operation,
    Resolve,
    Reverse,
    Row,
    TransactionKey,
)
from switch.core.outcomes import (
    CapExceeded,
    Clashed,
    Closed,
    Fenced,
    Forestalled,
    Found,
    Missing,
    NothingToReverse,
    NotReversible,
    Opened,
    OriginalNotFound,
    Outcome,
    Repeated,
    Resolved,
    ReversalQueued,
    Superseded,
)
from switch.core.transaction import COMMITTED, FINAL, HELD, State
from switch.ledger.decide import decide
from switch.ledger.needs import RrnKey, cap_of, needs, original_of
from switch.ledger.rows import CapDay, CapKey, ReadSet
from tests.switch.ledger.making import (
    BUCKET,
    CARD,
    DAY,
    LATER_MS,
    LIMIT_FEN,
    acknowledging,
    advising,
    answer,
    attempt,
    billing,
    claiming,
    closing,
    enlisting,
    freeing,
    key,
    launching,
    moving,
    opening,
    plan,
    reversing,
    rrn,
    voiding,
)

TODAY = CapKey(BUCKET, CARD, DAY)


def run(*batches: Sequence[Operation]) -> tuple[ReadSet, list[Outcome]]:
    """Decide batches one after the other; return what is stored, and the last batch's outcomes."""
    stored, outcomes = ReadSet(), list[Outcome]()
    for batch in batches:
        decision = decide(batch, stored)
        stored.apply(decision.written)
        outcomes = decision.outcomes
    return stored, outcomes


def last(*operations: Operation) -> Outcome:
    """Return the outcome of the last of these operations, all in one batch."""
    return run(operations)[1][-1]


def row_of(outcome: Outcome) -> Row:
    """Return the row that an outcome shows."""
    row = getattr(outcome, "row", None)
    assert isinstance(row, Row)
    return row


def test_the_limit_itself_is_allowed_and_a_fen_more_is_not() -> None:
    assert last(opening(1, 1, 60_000), opening(2, 2, 40_000)) == Opened(0, LIMIT_FEN)
    assert last(opening(1, 1, 60_000), opening(2, 2, 40_001)) == CapExceeded(LIMIT_FEN, 0, 60_000)


def test_what_was_approved_counts_and_what_was_declined_does_not() -> None:
    before = (opening(1, 1, 60_000), closing(2, 1))
    assert last(*before, opening(3, 2, 40_001)) == CapExceeded(LIMIT_FEN, 60_000, 0)
    before = (opening(1, 1, 60_000), closing(2, 1, State.DECLINED))
    assert last(*before, opening(3, 2, LIMIT_FEN)) == Opened(0, LIMIT_FEN)


def test_a_refused_open_holds_nothing_and_leaves_no_row() -> None:
    stored, _ = run([opening(1, 1, LIMIT_FEN + 1)])
    assert not stored.transactions
    assert not stored.caps


@given(
    state=st.sampled_from([State.APPROVED, State.DECLINED, State.UNSENT, State.IN_DOUBT]),
    end=st.sampled_from([None, State.REVERSED, State.REVERSAL_EXPIRED]),
    is_one_batch=st.booleans(),
)
def test_an_amount_counts_as_its_state_says(
    state: State, end: State | None, *, is_one_batch: bool
) -> None:
    operations: list[Operation] = [opening(1), closing(2, 1, state), reversing(3)]
    if end is not None:
        operations.append(acknowledging(4, 1, end))
    batches = [operations] if is_one_batch else [[operation] for operation in operations]
    stored, _ = run(*batches)
    now = stored.transactions[key()].state
    assert stored.caps[TODAY] == CapDay(50_000 * (now in HELD), 50_000 * (now in COMMITTED))
    assert (key() in stored.advices) == (now in {State.IN_DOUBT, State.REVERSING})


def test_a_reversal_after_midnight_returns_to_the_day_of_the_original() -> None:
    stored, _ = run(
        [opening(1, 1, 30_000), closing(2, 1)],
        [opening(3, 2, 20_000, day=DAY + 1)],
        [reversing(4, 1), acknowledging(5, 1)],
    )
    assert stored.caps[TODAY] == CapDay(0, 0)
    assert stored.caps[CapKey(BUCKET, CARD, DAY + 1)] == CapDay(20_000, 0)


def test_an_original_with_its_repeat_in_one_batch_is_held_once() -> None:
    stored, outcomes = run([opening(1), opening(2), opening(1)])
    assert outcomes[0] == outcomes[2] == Opened(0, 50_000)
    assert isinstance(outcomes[1], Repeated)
    assert stored.caps[TODAY] == CapDay(50_000, 0)


def test_the_same_key_with_another_fingerprint_is_a_clash() -> None:
    other = msgspec.structs.replace(opening(2), fingerprint=b"other")
    assert isinstance(last(opening(1), other), Clashed)


def test_an_open_that_comes_again_after_its_row_moved_on_is_a_repeat() -> None:
    outcome = last(opening(1), reversing(2), opening(1))
    assert isinstance(outcome, Repeated)
    assert outcome.row.state is State.REVERSING


def test_a_close_that_comes_again_gets_its_first_outcome() -> None:
    _, (_, first, again) = run([opening(1), closing(2), closing(2)])
    assert isinstance(first, Closed)
    assert first == again


def test_another_close_of_a_closed_row_is_superseded() -> None:
    outcome = last(opening(1), closing(2), closing(3, 1, State.DECLINED))
    assert isinstance(outcome, Superseded)
    assert outcome.row.state is State.APPROVED


def test_an_approval_is_never_confirmed_once_a_reversal_came_between() -> None:
    assert isinstance(last(opening(1), reversing(2), closing(3)), Superseded)
    assert isinstance(last(opening(1), closing(2), reversing(3), closing(2)), Superseded)


def test_an_approval_that_was_answered_as_unknown_is_reversed() -> None:
    stored, outcomes = run([opening(1), closing(2), closing(3, 1, State.IN_DOUBT)])
    assert row_of(outcomes[-1]).state is State.REVERSING
    assert stored.advices[key()].due_ms == 1_000
    assert stored.caps[TODAY] == CapDay(50_000, 0)


def test_a_close_of_another_incarnation_is_fenced() -> None:
    assert last(opening(1), closing(2, incarnation=2)) == Fenced()


def test_a_close_of_nothing_is_missing() -> None:
    assert last(closing(1)) == Missing()
    assert last(reversing(1), closing(2)) == Missing()


def test_in_doubt_without_a_reversal_breaks_an_invariant() -> None:
    close = msgspec.structs.replace(closing(2, 1, State.IN_DOUBT), plan=None)
    with pytest.raises(InvariantBroken):
        last(opening(1), close)


@pytest.mark.parametrize("state", [State.FORWARDED, State.REVERSED, State.CLOSING])
def test_a_close_with_a_state_that_is_no_outcome_breaks_an_invariant(state: State) -> None:
    with pytest.raises(InvariantBroken):
        last(opening(1), closing(2, 1, state))


def test_an_end_that_is_no_end_breaks_an_invariant() -> None:
    with pytest.raises(InvariantBroken):
        last(opening(1), acknowledging(2, 1, State.IN_DOUBT))


@pytest.mark.parametrize("state", [State.APPROVED, State.DECLINED, State.ADVICE_EXPIRED])
def test_a_reversal_does_not_end_as_an_advice_does(state: State) -> None:
    assert last(opening(1), reversing(2), acknowledging(3, 1, state)) == Missing()


def test_a_negative_amount_breaks_an_invariant() -> None:
    with pytest.raises(InvariantBroken):
        last(opening(1, 1, -1))


def test_an_inquiry_in_doubt_has_no_reversal() -> None:
    inquiry = msgspec.structs.replace(opening(1), cap=None, is_reversible=False)
    close = msgspec.structs.replace(closing(2, 1, State.IN_DOUBT), plan=None)
    stored, outcomes = run([inquiry, close])
    assert row_of(outcomes[-1]).state is State.IN_DOUBT
    assert outcomes[0] == Opened(0, 0)
    assert not stored.advices
    assert isinstance(last(inquiry, reversing(3)), NotReversible)


def test_all_causes_of_a_reversal_lead_to_one_0420_with_the_first_plan() -> None:
    stored, outcomes = run(
        [opening(1), closing(2, 1, State.IN_DOUBT), reversing(3)], [reversing(4), reversing(3)]
    )
    assert all(isinstance(o, ReversalQueued) and not o.is_first for o in outcomes)
    assert row_of(outcomes[0]).plan == plan()
    assert len(stored.advices) == 1


def test_a_reversal_while_in_flight_is_first_each_time_it_is_asked() -> None:
    for end in (State.REVERSED, State.REVERSAL_EXPIRED):
        outcome = last(opening(1), reversing(2), acknowledging(3, 1, end), reversing(2))
        assert isinstance(outcome, ReversalQueued)
        assert outcome.is_first


def test_nothing_is_reversed_twice_or_where_nothing_was_done() -> None:
    for state in (State.DECLINED, State.UNSENT):
        assert isinstance(last(opening(1), closing(2, 1, state), reversing(3)), NothingToReverse)
    before = (opening(1), closing(2), reversing(3), acknowledging(4))
    assert isinstance(last(*before, reversing(5)), NothingToReverse)


def test_a_reversal_of_nothing_is_remembered_and_forestalls_the_original() -> None:
    stored, outcomes = run([reversing(1), reversing(2)], [opening(3), reversing(4)])
    assert outcomes == [Forestalled(), OriginalNotFound()]
    assert stored.transactions[key()].record.sealed == b""
    assert last(reversing(1), FindOriginal(attempt(2), key())) == OriginalNotFound()


def test_an_original_is_found_whatever_its_state() -> None:
    outcome = last(opening(1), FindOriginal(attempt(2), key()))
    assert isinstance(outcome, Found)
    assert outcome.row.state is State.FORWARDED


def test_an_acknowledgement_ends_a_reversal_once() -> None:
    assert last(acknowledging(1)) == Missing()
    assert last(opening(1), acknowledging(2)) == Missing()
    before = (opening(1), reversing(2), acknowledging(3))
    stored, outcomes = run([*before, acknowledging(4), acknowledging(5, 1, State.REVERSAL_EXPIRED)])
    assert row_of(outcomes[-1]).state is row_of(outcomes[-2]).state is State.REVERSED
    assert not stored.advices


def test_a_person_ends_an_expired_reversal_and_then_nothing_is_held() -> None:
    before = (opening(1), reversing(2), acknowledging(3, 1, State.REVERSAL_EXPIRED))
    stored, _ = run(before)
    assert stored.caps[TODAY] == CapDay(50_000, 0)
    stored, _ = run([*before, acknowledging(4)])
    assert stored.caps[TODAY] == CapDay(0, 0)


def test_an_expired_reversal_takes_a_persons_reason_and_keeps_its_hold() -> None:
    before = (opening(1), reversing(2), acknowledging(3, 1, State.REVERSAL_EXPIRED))
    said = msgspec.structs.replace(acknowledging(4, 1, State.REVERSAL_EXPIRED), reason="paid out")
    stored, outcomes = run([*before, said])
    assert row_of(outcomes[-1]).reason == "paid out"
    assert stored.caps[TODAY] == CapDay(50_000, 0)


@pytest.mark.parametrize(
    "operations",
    [
        (opening(1), closing(2, 1, State.DECLINED)),
        (opening(1), closing(2, 1, State.UNSENT)),
        (opening(1), reversing(2), acknowledging(3)),
    ],
)
def test_a_final_row_has_lost_its_card_data(operations: Sequence[Operation]) -> None:
    assert run(operations)[0].transactions[key()].record.sealed == b""
    assert run(operations[:-1])[0].transactions[key()].record.sealed == b"box"


def test_an_attempt_is_resolved_by_the_row_that_it_left() -> None:
    story = (opening(1), closing(2), reversing(3))
    for count in (1, 2, 3):
        outcome = last(*story, Resolve(attempt(9), attempt(count), key()))
        assert isinstance(outcome, Resolved)
        assert outcome.verdict == "done"
        assert row_of(outcome).state is State.REVERSING


@pytest.mark.parametrize("late", [opening(7), closing(7), reversing(7)])
def test_what_never_happened_is_fenced_should_it_still_arrive(
    late: Open | Close | Reverse,
) -> None:
    before = () if isinstance(late, Open) else (opening(1),)
    resolve = Resolve(attempt(9), late.attempt, key())
    stored, outcomes = run([*before, resolve, late], [late])
    assert isinstance(outcomes[0], Fenced)
    ((*_, resolved, refused),) = [run([*before, resolve, late])[1]]
    assert isinstance(resolved, Resolved)
    assert resolved.verdict == "never"
    assert refused == Fenced()
    assert stored.fences == {late.attempt: attempt(9)}


def test_an_attempt_that_another_decided_is_refused() -> None:
    outcome = last(opening(1), closing(2), Resolve(attempt(9), attempt(7), key()))
    assert isinstance(outcome, Resolved)
    assert outcome.verdict == "refused"


def test_outcomes_show_the_row_as_it_was_then() -> None:
    _, (_, closed, queued) = run([opening(1), closing(2), reversing(3)])
    assert row_of(closed).state is State.APPROVED
    assert row_of(queued).state is State.REVERSING


def test_a_batch_that_breaks_an_invariant_changes_nothing() -> None:
    stored, _ = run([opening(1)])
    before = dict(stored.transactions), dict(stored.caps), dict(stored.advices)
    with pytest.raises(InvariantBroken):
        decide([closing(2), reversing(3), closing(4, 1, State.REVERSED)], stored)
    assert (stored.transactions, stored.caps, stored.advices) == before


def test_a_credit_is_launched_once_and_queued_with_the_numbers_of_its_request() -> None:
    stored, outcomes = run([opening(1), launching(2), launching(2), launching(3)])
    row = stored.transactions[key()]
    assert (row.state, row.plan) == (State.CREDITING, launching(2).plan)
    assert stored.advices.keys() == {key()}
    assert [type(outcome) for outcome in outcomes[1:]] == [Closed, Closed, Superseded]
    assert stored.caps[TODAY] == CapDay(50_000, 0)


def test_a_credit_is_not_launched_by_whoever_lost_it_nor_after_it_was_closed() -> None:
    assert isinstance(last(opening(1), launching(2, incarnation=2)), Fenced)
    assert isinstance(last(opening(1), closing(2, 1, State.UNSENT), launching(3)), Superseded)
    assert isinstance(last(launching(1)), Missing)


def test_a_debit_that_has_a_bill_to_pay_is_never_launched_as_a_credit() -> None:
    stored, outcomes = run([billing(1), launching(2)])
    assert isinstance(outcomes[1], Superseded)
    assert stored.transactions[key()].state is State.FORWARDED
    assert not stored.advices


@pytest.mark.parametrize("end", [State.APPROVED, State.DECLINED, State.ADVICE_EXPIRED])
def test_a_credit_on_its_way_is_not_taken_back_and_ends_as_its_bank_says(end: State) -> None:
    assert isinstance(last(opening(1), launching(2), reversing(3)), NotReversible)
    stored, _ = run([opening(1), launching(2), acknowledging(3, 1, end)])
    assert stored.transactions[key()].state is end
    assert not stored.advices
    held, committed = 50_000 * (end in HELD), 50_000 * (end in COMMITTED)
    assert stored.caps[TODAY] == CapDay(held, committed)


def test_a_transfer_is_queued_from_its_opening_and_a_reversal_makes_it_due() -> None:
    stored, outcomes = run([moving(1), moving(1)])
    assert outcomes == [Opened(0, 0), Opened(0, 0)]
    row = stored.transactions[key()]
    assert (row.state, row.linked) == (State.MOVING, moving(1).linked)
    assert stored.advices[key()].due_ms == LATER_MS
    stored, outcomes = run([moving(1), reversing(2)])
    assert isinstance(outcomes[-1], ReversalQueued)
    assert stored.transactions[key()].state is State.REVERSING
    assert stored.advices[key()].due_ms < LATER_MS


def test_what_a_terminal_is_told_of_a_transfer_is_kept_with_its_end() -> None:
    told = replace(acknowledging(2, 1, State.APPROVED), answer=answer())
    stored, _ = run([moving(1), told])
    assert stored.transactions[key()].answer == answer()
    assert not stored.advices


STEPS = st.lists(
    st.one_of(
        st.builds(opening, st.integers(1, 9), st.integers(1, 3), st.sampled_from([0, 40_000])),
        st.builds(
            closing,
            st.integers(10, 19),
            st.integers(1, 3),
            st.sampled_from([State.APPROVED, State.DECLINED, State.UNSENT, State.IN_DOUBT]),
        ),
        st.builds(reversing, st.integers(20, 29), st.integers(1, 3)),
        st.builds(launching, st.integers(90, 94), st.integers(1, 3)),
        st.builds(moving, st.integers(95, 99), st.integers(1, 3)),
        st.builds(
            acknowledging,
            st.integers(30, 39),
            st.integers(1, 3),
            st.sampled_from([State.REVERSED, State.APPROVED, State.ADVICE_EXPIRED, State.DECLINED]),
        ),
        st.builds(
            voiding, st.integers(60, 69), st.integers(1, 3), st.integers(1, 3), st.just(40_000)
        ),
        st.builds(
            freeing,
            st.integers(90, 99),
            st.integers(1, 3),
            st.integers(1, 3),
            st.just(40_000),
        ),
        st.builds(
            advising, st.integers(70, 79), st.integers(1, 3), st.integers(1, 3), st.just(15_000)
        ),
        st.builds(
            lambda count, stan: FindByRrn(attempt(count), rrn(stan)),
            st.integers(80, 89),
            st.integers(1, 3),
        ),
        st.builds(claiming, st.integers(40, 49), st.sampled_from([0, 1_000, 2_000])),
        st.builds(
            lambda count, of, stan: Resolve(attempt(count), attempt(of), key(stan)),
            st.integers(50, 59),
            st.integers(1, 29),
            st.integers(1, 3),
        ),
    ),
    max_size=12,
)


@given(operations=STEPS, cut=st.integers(0, 12))
def test_how_operations_are_cut_into_batches_makes_no_difference(
    operations: list[Operation], cut: int
) -> None:
    whole, outcomes = run([enlisting(), *operations])
    first, before = run([enlisting(), *operations[:cut]])
    rest = decide(operations[cut:], first)
    first.apply(rest.written)
    assert before + rest.outcomes == outcomes
    for name in ("transactions", "by_rrn", "caps", "advices", "fences", "leases", "intents"):
        assert getattr(first, name) == getattr(whole, name)


@given(before=STEPS, batch=STEPS)
def test_a_batch_is_decided_by_the_rows_that_it_names(
    before: list[Operation], batch: list[Operation]
) -> None:
    stored, _ = run([enlisting()], before)
    batch = [o for o in batch if o.attempt < attempt(40) or o.attempt >= attempt(50)]
    read = ReadSet()
    read.fences.update(stored.fences)
    for operation in batch:
        for need in needs(operation):
            day: object = need
            at = stored.by_rrn.get(need.rrn) if isinstance(need, RrnKey) else need
            if isinstance(at, TransactionKey) and at in stored.transactions:
                row = stored.transactions[at]
                read.put(at, row)
                read.queue(at, stored.advices.get(at))
                day = cap_of(row)
                while (original := original_of(row)) is not None:
                    row = stored.transactions[original]
                    read.put(original, row)
            if isinstance(day, CapKey) and day in stored.caps:
                read.caps[day] = stored.caps[day]
    alone, among_all = decide(batch, read), decide(batch, stored)
    assert alone.outcomes == among_all.outcomes
    assert alone.written.transactions == among_all.written.transactions
    assert alone.written.caps == among_all.written.caps


@given(operations=STEPS)
def test_caps_are_the_sums_of_the_rows_and_only_final_rows_lose_their_card(
    operations: list[Operation],
) -> None:
    stored, _ = run(*[[operation] for operation in operations])
    rows = list(stored.transactions.values())
    capped = [row for row in rows if row.cap is not None]
    day = stored.caps.get(TODAY, CapDay(0, 0))
    assert day.held_fen == sum(r.record.amount_fen for r in capped if r.state in HELD)
    assert day.committed_fen == sum(r.record.amount_fen for r in capped if r.state in COMMITTED)
    assert day.held_fen + day.committed_fen <= LIMIT_FEN
    assert all((row.record.sealed == b"") == (row.state in FINAL) for row in rows)
    queued = {State.IN_DOUBT, State.REVERSING, State.ADVISED, State.MOVING, State.CREDITING}
    assert stored.advices.keys() == {row.key for row in rows if row.state in queued}


@given(operations=STEPS)
def test_what_is_taken_of_a_row_is_the_sum_of_what_takes_of_it(
    operations: list[Operation],
) -> None:
    stored, _ = run(operations)
    taken = Counter[TransactionKey]()
    for row in stored.transactions.values():
        if row.taking is not None and row.state not in FINAL:
            taken[row.taking.of] += row.taking.fen
    for at, row in stored.transactions.items():
        assert row.taken_fen == taken[at] <= row.record.amount_fen
        assert row.state is State.APPROVED or not row.taken_fen
