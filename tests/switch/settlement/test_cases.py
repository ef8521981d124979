"""Cases go by their table of steps, with deadlines; what a step moves is all or all of it back."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.settlement.cases import (
    ACTION_WORDS,
    CLOSED,
    KIND_WORDS,
    OPEN,
    STAGE_WORDS,
    STEPS,
    Case,
    CaseError,
    Note,
    after,
    check_once,
    resolve,
)
from switch.settlement.movements import Movement

_MOVES = (Movement("cardholders:1", "1", 500, "principal"), Movement("1", "2", 500, "principal"))
_NOTE = Note(1, "Li", "", "the till agrees")


def _case(stage: str = OPEN, moves: tuple[Movement, ...] = _MOVES) -> Case:
    return Case(
        kind="long", found_by="terminal", rrn="4169", day=20140618, deadline=20140708,
        stage=stage, movements=moves,
    )  # fmt: skip


@pytest.mark.parametrize(("stage", "action"), list(product(STAGE_WORDS, STEPS)))
def test_a_step_is_allowed_where_the_table_says_and_nowhere_else(stage: str, action: str) -> None:
    step = STEPS[action]
    if stage not in step.after:
        with pytest.raises(CaseError, match=f"the case is {stage}"):
            resolve(_case(stage), action, _NOTE, 20140620, 20140619)
        return
    done = resolve(_case(stage), action, _NOTE, 20140620, 20140619)
    assert done.stage == step.stage
    assert done.deadline == (after(20140620, step.days) if step.stage != CLOSED else 0)
    assert [note.action for note in done.notes] == [action]


def test_nothing_follows_the_end() -> None:
    assert not any(CLOSED in step.after for step in STEPS.values())
    assert {step.stage for step in STEPS.values()} <= STAGE_WORDS.keys()
    assert STEPS.keys() < ACTION_WORDS.keys()
    assert "dispute" in KIND_WORDS


def test_a_credit_adjustment_gives_all_back_and_a_claim_asks_for_all() -> None:
    back = resolve(_case(), "credit_adjustment", _NOTE, 20140620, 20140619).notes[-1]
    assert [(m.payer, m.payee, m.fen) for m in back.movements] == [
        ("1", "cardholders:1", 500),
        ("2", "1", 500),
    ]
    claim = resolve(_case(), "claim", _NOTE, 20140620, 20140619).notes[-1]
    assert [(m.payer, m.payee, m.fen) for m in claim.movements] == [
        ("cardholders:1", "1", 500),
        ("1", "2", 500),
    ]


@pytest.mark.parametrize(
    ("today", "cleared", "day"), [(20140630, 20140629, 20140701), (20140630, 20140702, 20140703)]
)
def test_what_moves_is_cleared_after_today_and_all_that_is_cleared(
    today: int, cleared: int, day: int
) -> None:
    note = resolve(_case(), "claim", _NOTE, today, cleared).notes[-1]
    assert note.clearing_day == day
    assert resolve(_case(), "no_error", _NOTE, today, cleared).notes[-1].clearing_day == 0


@pytest.mark.parametrize(
    ("action", "note", "why"),
    [
        ("guess", _NOTE, "is none of credit_adjustment"),
        ("no_error", Note(1, "", "", "x"), "who it was"),
        ("no_error", Note(1, "Li", "", " "), "a reason of 1 to"),
        ("no_error", Note(1, "Li", "", "x" * 201), "a reason of 1 to"),
    ],
)
def test_a_step_needs_a_name_and_a_reason(action: str, note: Note, why: str) -> None:
    with pytest.raises(CaseError, match=why):
        resolve(_case(), action, note, 20140620, 0)


def test_what_knows_no_transaction_moves_nothing() -> None:
    with pytest.raises(CaseError, match="knows no transaction"):
        resolve(_case(moves=()), "claim", _NOTE, 20140620, 0)
    assert resolve(_case(moves=()), "no_error", _NOTE, 20140620, 0).stage == CLOSED


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=8))
def test_money_goes_back_and_forth_and_never_twice_the_same_way(actions: list[str]) -> None:
    """After any steps the balance is the transaction itself, or one move of it either way."""
    case, net = _case(), 0
    for action in actions:
        try:
            case = resolve(case, action, _NOTE, 20140620, 0)
        except CaseError:
            continue
        pays = STEPS[action].pays
        net += {"back": -1, "claim": 1, "": 0}[pays]
        assert -1 <= net <= 1
    assert [note.action for note in case.notes] == [
        note.action for note in case.notes if note.action in STEPS
    ]


def test_the_money_of_a_transaction_is_paid_once_whatever_the_number_of_its_cases() -> None:
    back = resolve(_case(), "credit_adjustment", _NOTE, 20140620, 20140619)
    claimed = resolve(_case(), "claim", _NOTE, 20140620, 20140619)
    check_once(back, [_case()], is_paid=True)
    check_once(claimed, [_case()], is_paid=False)
    check_once(back, [claimed], is_paid=False)
    check_once(claimed, [back], is_paid=True)
    check_once(back, [msgspec.structs.replace(back, rrn="4170")], is_paid=True)
    check_once(resolve(_case(), "no_error", _NOTE, 20140620, 20140619), [back], is_paid=True)
    for done, other, is_paid, words in (
        (back, back, True, "credit_adjustment: the money of 4169 is given back already, another"),
        (claimed, claimed, False, "claim: the money of 4169 is paid out already, another case"),
        (back, _case(), False, "is given back already, by the ledger"),
        (claimed, _case(), True, "is paid out already, by the ledger"),
    ):
        with pytest.raises(CaseError, match=words):
            check_once(done, [other], is_paid=is_paid)


def test_what_only_an_issuers_books_say_moves_one_way_once() -> None:
    case = msgspec.structs.replace(_case(), kind="issuer_long")
    back = resolve(case, "credit_adjustment", _NOTE, 20140620, 20140619)
    check_once(back, [], is_paid=False)
    with pytest.raises(CaseError, match="another case has moved it"):
        check_once(back, [back], is_paid=False)
