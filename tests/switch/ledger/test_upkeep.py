"""Decisions beside the transactions: sessions, numbers, leases, the queue and the totals."""

from __future__ import annotations

import msgspec
import pytest

from switch.core.errors import InvariantBroken
from switch.core.operations import (
    Hasten,
    LeaseNumbers,
    LoadSession,
    NoteDownload,
    Operation,
    Renew,
    Session,
    SignOff,
    SignOn,
    TakeOver,
    Totals,
)
from switch.core.outcomes import (
    Claimed,
    Closed,
    Enlisted,
    Fenced,
    Missing,
    NumbersLeased,
    Outcome,
    Renewed,
    SessionIs,
    TakenOver,
    TotalsAre,
)
from switch.core.transaction import State
from switch.ledger.decide import decide
from tests.switch.ledger.making import (
    acknowledging,
    attempt,
    claiming,
    closing,
    enlisting,
    key,
    opening,
    plan,
    reversing,
)
from tests.switch.ledger.test_decide import last, run

TERMINAL = "50010001"


def signing_on(count: int, keys: bytes = b"keys", incarnation: int = 1) -> SignOn:
    """Return a sign-on."""
    return SignOn(attempt(count, incarnation), TERMINAL, keys)


def session_of(outcome: Outcome) -> Session:
    """Return the session that an outcome shows."""
    assert isinstance(outcome, SessionIs)
    assert outcome.session is not None
    return outcome.session


def rows_of(outcome: Outcome) -> list[str]:
    """Return the STANs of the rows that were taken over."""
    assert isinstance(outcome, TakenOver)
    return [row.key.stan for row in outcome.rows]


def claimed(outcome: Outcome) -> list[tuple[str, int, int]]:
    """Return STAN, tries and next time of what was claimed."""
    assert isinstance(outcome, Claimed)
    return [(advice.row.key.stan, advice.tries, advice.due_ms) for advice in outcome.advices]


def test_a_first_sign_on_opens_batch_1_and_the_next_keeps_it() -> None:
    first, second = run([signing_on(1), signing_on(2, b"new")])[1]
    assert (session_of(first).batch, session_of(first).version) == (1, 1)
    assert (session_of(second).batch, session_of(second).version) == (1, 2)
    assert session_of(second).sealed_keys == b"new"


@pytest.mark.parametrize(("batch", "following"), [(1, 2), (999_999, 1)])
def test_a_sign_on_after_a_closed_batch_gives_the_next_number(batch: int, following: int) -> None:
    stored, (outcome,) = run([signing_on(1)])
    stored.sessions[TERMINAL] = msgspec.structs.replace(
        session_of(outcome), batch=batch, is_batch_open=False
    )
    session = session_of(decide([signing_on(2)], stored).outcomes[0])
    assert (session.batch, session.is_batch_open) == (following, True)


def test_a_sign_on_that_comes_again_changes_nothing() -> None:
    _, outcomes = run([signing_on(1), signing_on(1)])
    assert outcomes[0] == outcomes[1]


def test_a_sign_on_that_was_overtaken_does_not_bring_old_keys_back() -> None:
    session = session_of(last(signing_on(1, b"old"), signing_on(2, b"new"), signing_on(1, b"old")))
    assert session.sealed_keys == b"new"
    session = session_of(last(signing_on(5, b"old"), signing_on(1, b"new", incarnation=2)))
    assert session.sealed_keys == b"new"


def test_a_sign_off_ends_the_session_and_keeps_the_batch() -> None:
    session = session_of(last(signing_on(1), SignOff(attempt(2), TERMINAL)))
    assert not session.is_signed_on
    assert session.is_batch_open
    loaded = last(signing_on(1), SignOff(attempt(2), TERMINAL), LoadSession(attempt(3), TERMINAL))
    assert session_of(loaded) == session


def test_a_late_sign_off_does_not_end_a_newer_session() -> None:
    assert session_of(last(signing_on(2), SignOff(attempt(1), TERMINAL))).is_signed_on


def test_a_terminal_that_never_signed_on_has_no_session() -> None:
    assert last(LoadSession(attempt(1), TERMINAL)) == SessionIs(None)
    assert last(SignOff(attempt(1), TERMINAL)) == SessionIs(None)


def test_no_number_is_leased_twice() -> None:
    lease = [LeaseNumbers(attempt(count), "rrn", 10) for count in (1, 2, 2)]
    assert run(lease)[1] == [NumbersLeased(1, 10), NumbersLeased(11, 10), NumbersLeased(11, 10)]
    assert last(*lease, LeaseNumbers(attempt(3), "stan", 5)) == NumbersLeased(1, 5)
    # The first lease is not the last of its name any more: what it had is burnt.
    assert last(*lease, lease[0]) == NumbersLeased(21, 10)


def test_a_lease_of_no_numbers_breaks_an_invariant() -> None:
    with pytest.raises(InvariantBroken):
        last(LeaseNumbers(attempt(1), "rrn", 0))


def test_processes_are_told_apart_by_their_nonce() -> None:
    batch = [enlisting(b"a"), enlisting(b"b"), enlisting(b"a")]
    stored, outcomes = run(batch)
    assert outcomes == [Enlisted(1), Enlisted(2), Enlisted(1)]
    assert decide([enlisting(b"b"), enlisting(b"c")], stored).outcomes == [Enlisted(2), Enlisted(3)]


def test_a_lease_is_renewed_until_it_was_taken_over() -> None:
    stored, _ = run([enlisting(b"a", 10), enlisting(b"b", 1_000)])
    late = decide([Renew(attempt(1), 1, 500)], stored)
    assert late.outcomes == [Renewed()]
    assert late.written.leases[1].until_ms == 500
    taken = decide([TakeOver(attempt(1, 2), 2, 11, 5), Renew(attempt(1), 1, 500)], stored)
    assert taken.outcomes[1] == Fenced()
    assert decide([Renew(attempt(1), 9, 500)], stored).outcomes == [Fenced()]


def test_only_what_a_lapsed_incarnation_left_is_taken_over() -> None:
    stored, _ = run(
        [enlisting(b"a", 10), enlisting(b"b", 10), enlisting(b"c", 1_000)],
        [opening(1, 1, 10), opening(2, 2, 10, incarnation=2), opening(3, 3, 10, incarnation=3)],
        [opening(4, 4, 10), closing(5, 4)],
    )
    before = decide([TakeOver(attempt(1, 3), 3, 10, 5)], stored)
    assert rows_of(before.outcomes[0]) == []
    after = decide([TakeOver(attempt(1, 3), 3, 11, 5)], stored)
    assert rows_of(after.outcomes[0]) == ["000001", "000002"]
    stored.apply(after.written)
    refused, closed = decide(
        [closing(6, 1), closing(7, 1, State.IN_DOUBT, incarnation=3)], stored
    ).outcomes
    assert refused == Fenced()
    assert not isinstance(closed, Fenced)


def test_what_was_taken_over_is_handed_out_until_it_is_closed() -> None:
    take = TakeOver(attempt(1, 2), 2, 11, 1)
    stored, _ = run(
        [enlisting(b"a", 10), enlisting(b"b", 1_000), opening(1, 1, 10), opening(2, 2, 10)], [take]
    )
    (again,) = decide([take], stored).outcomes
    assert rows_of(again) == ["000001"]
    close = closing(3, 1, State.IN_DOUBT, incarnation=2)
    assert rows_of(decide([close, take], stored).outcomes[1]) == ["000002"]


def test_advices_are_claimed_in_order_and_each_try_waits_longer() -> None:
    late = msgspec.structs.replace(reversing(4, 2), plan=plan(due_ms=900))
    stored, outcomes = run(
        [enlisting(), opening(1, 1, 10), opening(2, 2, 10), reversing(3, 1), late],
        [claiming(5, 999), claiming(6, 1_000), claiming(7, 1_099)],
    )
    assert [claimed(outcome) for outcome in outcomes] == [
        [("000002", 1, 1_099)],
        [("000001", 1, 1_100)],
        [("000002", 2, 1_599)],
    ]
    (third,) = decide([claiming(8, 1_600)], stored).outcomes
    assert claimed(third) == [("000001", 2, 2_100), ("000002", 3, 2_100)]


def test_a_claim_sees_what_its_batch_queued_and_ended() -> None:
    stored, _ = run([enlisting(), opening(1, 1, 10), opening(2, 2, 10), reversing(3, 1)])
    batch: list[Operation] = [acknowledging(4, 1), reversing(5, 2), claiming(6)]
    assert claimed(decide(batch, stored).outcomes[2]) == [("000002", 1, 1_100)]


def test_a_claim_hands_out_no_more_than_asked_for() -> None:
    opened = [opening(count, count, 10) for count in (1, 2, 3)]
    queued = [reversing(count + 3, count) for count in (1, 2, 3)]
    _, outcomes = run([enlisting(), *opened, *queued], [claiming(9, limit=2), claiming(10)])
    assert [len(claimed(outcome)) for outcome in outcomes] == [2, 1]


def test_advices_of_the_living_are_left_to_them_and_those_of_the_dead_are_not() -> None:
    stored, _ = run([enlisting(b"a", 2_000), enlisting(b"b"), opening(1), reversing(2)])
    theirs, ours = decide(
        [claiming(3, 2_000, incarnation=2), claiming(4, 2_001, incarnation=2)], stored
    ).outcomes
    assert claimed(theirs) == []
    assert claimed(ours) == [("000001", 1, 2_101)]


def test_an_advice_is_hastened_and_never_delayed() -> None:
    stored, _ = run([enlisting(), opening(1), reversing(2), claiming(3)])
    for due_ms, expected in ((1_050, 1_050), (1_060, 1_050)):
        decision = decide([Hasten(0, key(), due_ms)], stored)
        assert isinstance(decision.outcomes[0], Closed)
        stored.apply(decision.written)
        assert (stored.advices[key()].due_ms, stored.advices[key()].tries) == (expected, 1)
    assert claimed(decide([claiming(4, 1_050)], stored).outcomes[0]) == [("000001", 2, 1_550)]


def test_only_what_is_queued_can_be_hastened() -> None:
    assert last(Hasten(0, key(), 1)) == Missing()
    assert last(opening(1), Hasten(0, key(), 1)) == Missing()
    before = (opening(1), reversing(2), acknowledging(3, 1, State.REVERSAL_EXPIRED))
    assert last(*before, Hasten(0, key(), 1)) == Missing()


def test_totals_count_what_the_batch_did_before_them() -> None:
    stored, _ = run([opening(1, 1, 10), opening(2, 2, 20), closing(3, 2)])
    stored.totals = TotalsAre({3: (1, 10), 6: (1, 20)}, 10, 20, 0)
    batch: list[Operation] = [
        opening(4, 3, 5),
        reversing(5, 2),
        closing(6, 1, State.DECLINED),
        Totals(attempt(7)),
    ]
    assert decide(batch, stored).outcomes[-1] == TotalsAre(
        {3: (1, 5), 7: (1, 10), 10: (1, 20)}, 25, 0, 1
    )


def test_totals_that_nobody_read_break_an_invariant() -> None:
    with pytest.raises(InvariantBroken):
        last(Totals(attempt(1)))


def test_what_a_terminal_downloaded_is_kept_over_sign_ons_and_noted_once() -> None:
    note = NoteDownload(attempt(2), TERMINAL, "keys", 3)
    assert session_of(last(signing_on(1), note)).downloads == (("keys", 3),)
    again = session_of(last(signing_on(1), note, note))
    assert (again.downloads, again.version) == ((("keys", 3),), 2)
    newer = NoteDownload(attempt(4), TERMINAL, "keys", 4)
    kept = session_of(last(signing_on(1), note, newer, signing_on(5)))
    assert kept.downloads == (("keys", 4),)
    assert last(note) == SessionIs(None)
