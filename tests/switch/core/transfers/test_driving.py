"""A transfer whose process died, froze or lost its ledger: both legs or none, and nothing waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from switch.core.configuration import Timers
from switch.core.errors import LeaseLost
from switch.core.events import LinkConnected, Started, TerminalConnected
from switch.core.operations import Launch, Operation, Reverse, Totals
from switch.core.outcomes import TotalsAre
from switch.pipeline import make_engine
from tests.switch.core.stage import Stage
from tests.switch.core.stage.moving import (
    AMOUNT_FEN,
    Books,
    counter,
    is_credit,
    is_debit,
    rows,
    send,
    states,
    take_back,
)

BOTH = (-AMOUNT_FEN, AMOUNT_FEN)
NONE = (0, 0)
WHILE_MS = 180_000
QUICK: Final = Timers(answer_ms=20_000, issuer_ms=10_000, advice_retry_ms=(1_000,))

STEPS: Final = 16
"""More ledger operations than any of these transfers takes."""


class _Died(Exception):  # noqa: N818 - a fact: the process is gone
    """The process died at a step."""


def _well(_books: Books) -> None:
    """Answer everything."""


def _debit_refused(books: Books) -> None:
    books.code = lambda mti, fields: "51" if is_debit(mti, fields) and mti[1] == "2" else ""


def _credit_refused(books: Books) -> None:
    books.code = lambda mti, fields: "A3" if is_credit(mti, fields) and mti[1] == "2" else ""


def _debit_mute(books: Books) -> None:
    books.is_mute = lambda mti, fields: is_debit(mti, fields) and mti == "0200"


def _credit_mute(books: Books) -> None:
    books.is_mute = lambda mti, fields: is_credit(mti, fields) and mti == "0200"


def _credit_lost(books: Books) -> None:
    books.is_silent = lambda mti, fields: is_credit(mti, fields) and mti == "0200"


BANKS: Final = (_well, _debit_refused, _credit_refused, _debit_mute, _credit_mute, _credit_lost)


def dying(stage: Stage, at: int, *, is_kept: bool) -> Callable[[Operation], str]:
    """Return what kills the process at its `at`-th ledger operation from now on."""
    count = iter(range(at + 1))

    def lose(operation: Operation) -> str:
        if next(count, None) == at:
            stage.lose = lambda _: ""
            if is_kept:
                stage.ledger.submit([operation])
            raise _Died
        return ""

    return lose


def losing(at: int, fate: str) -> Callable[[Operation], str]:
    """Return what loses sight of the `at`-th ledger operation from now on."""
    count = iter(range(at + 1))
    return lambda _: fate if next(count, None) == at else ""


def play(stage: Stage, *, takes_back: bool) -> None:
    """Transfer, wait until it is answered, and perhaps take it back."""
    send(stage)
    stage.pass_time(25_000)
    if takes_back:
        take_back(stage)
        stage.pass_time(25_000)


@pytest.mark.parametrize("is_kept", [True, False])
@pytest.mark.parametrize("takes_back", [True, False])
@pytest.mark.parametrize("bank", BANKS)
def test_a_crash_between_any_two_steps_leaves_both_legs_or_none(
    bank: Callable[[Books], None],
    *,
    takes_back: bool,
    is_kept: bool,
) -> None:
    ends = set()
    for at in range(STEPS):
        books = Books()
        bank(books)
        stage = counter(books, timers=QUICK)
        stage.lose = dying(stage, at, is_kept=is_kept)
        try:
            play(stage, takes_back=takes_back)
        except _Died:
            stage.start()
        stage.pass_time(WHILE_MS)
        assert books.moved in {BOTH, NONE}, (at, states(stage))
        assert _is_settled(stage), (at, states(stage))
        assert (books.moved == BOTH) is (states(stage)[0] == "APPROVED"), (at, states(stage))
        ends.add(states(stage))
    assert len(ends) > 1 or bank is _debit_refused


def _is_settled(stage: Stage) -> bool:
    """Tell whether nothing is queued, held or open any more."""
    totals = stage.ledger.submit([Totals(0)])[0]
    assert isinstance(totals, TotalsAre)
    return (totals.queued, totals.held_fen) == (0, 0) and "FORWARDED" not in states(stage)


@pytest.mark.parametrize("bank", BANKS)
@pytest.mark.parametrize("fate", ["kept", "dropped"])
def test_an_operation_of_unknown_outcome_is_asked_again(
    bank: Callable[[Books], None], fate: str
) -> None:
    for at in range(STEPS):
        books = Books()
        bank(books)
        stage = counter(books, timers=QUICK)
        stage.lose = losing(at, fate)
        play(stage, takes_back=False)
        stage.pass_time(WHILE_MS)
        assert books.moved in {BOTH, NONE}, (at, states(stage))
        assert _is_settled(stage), (at, states(stage))
        assert (books.moved == BOTH) is (states(stage)[0] == "APPROVED"), (at, states(stage))


@pytest.mark.parametrize("at", range(9))
def test_a_frozen_process_that_wakes_after_another_took_over_moves_nothing_alone(at: int) -> None:
    books = Books()
    stage = counter(books, timers=QUICK)
    first, effects_of_first = stage.engine, stage.waiting
    stage.stall()
    send(stage)
    for _ in range(at):
        if stage.waiting:
            stage.decide()
    frozen, its_clock = list(effects_of_first), stage.elapsed_ns
    # Another process comes up on the same ledger once the lease of the first has ended.
    stage.waiting = []
    stage.is_stalled = False
    stage.engine = make_engine(stage.configuration)
    stage.utc_ms += 60_000
    stage.happen(Started(b"another process."))
    stage.happen(LinkConnected("bank"))
    stage.happen(TerminalConnected(1))
    stage.pass_time(WHILE_MS)
    # The first wakes: what it had asked for is decided now, and it goes on from there. Its own
    # clock stood still with it, so that it does not even know how late it is.
    stage.engine, stage.waiting = first, frozen
    stage.elapsed_ns = its_clock
    try:
        while stage.waiting:
            stage.decide()
        stage.pass_time(1_000)
    except LeaseLost:
        pass
    stage.start()
    stage.pass_time(WHILE_MS)
    assert books.moved in {BOTH, NONE}, states(stage)
    assert _is_settled(stage), states(stage)
    parent = states(stage)[0]
    assert (books.moved == BOTH) is (parent == "APPROVED"), states(stage)


def test_a_credit_that_was_reserved_and_never_sent_is_closed_unsent_by_who_takes_over() -> None:
    books = Books()
    stage = counter(books, timers=QUICK)
    stage.lose = _at_launch(stage)
    with pytest.raises(_Died):
        send(stage)
    assert states(stage) == ("MOVING", "APPROVED", "FORWARDED")
    stage.start()
    stage.pass_time(WHILE_MS)
    assert states(stage) == ("DECLINED", "REVERSED", "UNSENT")
    assert not [fields for fields in stage.reversals() if is_credit("", fields)]


def test_a_credit_that_was_launched_before_the_crash_is_finished_after_it() -> None:
    books = Books()
    books.is_silent = is_credit
    stage = counter(books, timers=QUICK)
    send(stage)
    assert states(stage) == ("MOVING", "APPROVED", "CREDITING")
    books.is_silent = lambda _mti, _fields: False
    stage.start()
    stage.pass_time(WHILE_MS)
    assert books.moved == BOTH
    assert states(stage) == ("APPROVED", "APPROVED", "APPROVED")
    assert [mti for mti, f in stage.sent if is_credit(mti, f)] == ["0200", "0220"]


def test_the_reversal_of_a_leg_has_the_reason_of_its_cause() -> None:
    stage = counter(Books(), timers=QUICK)
    send(stage)
    take_back(stage)
    stage.pass_time(WHILE_MS)
    _, debit, credit = rows(stage)
    assert debit is not None
    assert credit is not None
    assert {debit.reason, credit.reason} <= {"00", "25"}
    assert {f[60][:4] for f in stage.reversals()} == {"4021"}


def _at_launch(stage: Stage) -> Callable[[Operation], str]:
    def lose(operation: Operation) -> str:
        if isinstance(operation, Launch):
            stage.lose = lambda _: ""
            raise _Died
        return ""

    return lose


def test_with_no_number_for_a_reversal_it_is_looked_at_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    books = Books()
    stage = counter(books, timers=QUICK)
    send(stage)
    reversing = stage.engine._transfers._reversing
    plan = reversing.plan
    monkeypatch.setattr(reversing, "plan", lambda *_: None)
    parent, _, _ = rows(stage)
    assert parent is not None
    attempt = stage.engine._outbox.attempt()
    made = plan("4021", stage.configuration)
    assert made is not None
    stage.ledger.submit(
        [Reverse(attempt, parent.key, parent.incarnation, "4021", made, parent.record)]
    )
    stage.pass_time(5_000)
    assert states(stage) == ("REVERSING", "APPROVED", "APPROVED")
    monkeypatch.undo()
    stage.pass_time(WHILE_MS)
    assert states(stage) == ("REVERSED", "REVERSED", "REVERSED")
