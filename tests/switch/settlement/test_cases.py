"""Cases go by their tables of steps and kinds; what a step moves is all, one way or the other."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from switch.settlement.cases import (
    ACTION_WORDS,
    CLOSED,
    KIND_WORDS,
    KINDS,
    OF_ISSUERS,
    OPEN,
    STAGE_WORDS,
    STEPS,
    Case,
    CaseError,
    Note,
    On,
    allowed,
    check_once,
    moves,
    resolve,
)
from switch.settlement.differences.terms import TERMS, Terms
from switch.settlement.movements import Movement, movements
from tests.switch.settlement.village import ACQUIRER, FIRST, MERCHANT, row, rules

_MOVES = (Movement("cardholders:1", "1", 500, "principal"), Movement("1", "2", 500, "principal"))
_NOTE = Note(1, "Li", "", "the till agrees")
_ON = On(20140620, 20140619)
_BY_PERSON = set(STEPS) - {"agrees", "differs"}


def _case(stage: str = OPEN, moves: tuple[Movement, ...] = _MOVES, kind: str = "long") -> Case:
    return Case(
        kind=kind, found_by="terminal", rrn="4169", day=20140618, deadline=20140708,
        stage=stage, movements=moves,
    )  # fmt: skip


@pytest.mark.parametrize(("stage", "action"), list(product(STAGE_WORDS, STEPS)))
@pytest.mark.parametrize("kind", ["long", "issuer_long", "crossing", "incomplete"])
def test_a_step_is_allowed_where_the_tables_say_and_nowhere_else(
    kind: str, stage: str, action: str
) -> None:
    step, case = STEPS[action], replace(_case(stage, kind=kind), deadline=20140619)
    today = On(20140619 + (action == "lapse"), 20140619)
    is_able = stage in step.after and action in KINDS[kind]
    assert (action in allowed(case)) is (is_able and action in _BY_PERSON)
    if not is_able:
        with pytest.raises(CaseError, match=f"is {stage}, which allows"):
            resolve(case, action, _NOTE, today)
        return
    done = resolve(case, action, _NOTE, today)
    terms = {"answer": 20140709, "inquiry": 20141017, "": 0}
    assert (done.stage, done.deadline) == (step.stage, terms[step.term])
    assert [note.action for note in done.notes] == [action]


def test_what_a_case_does_not_allow_says_what_it_allows() -> None:
    with pytest.raises(CaseError) as found:
        resolve(_case(kind="issuer_long"), "claim", _NOTE, _ON)
    assert str(found.value) == (
        "claim: the case (issuer has it, the ledger not) is open, which allows correct, no_error"
    )


@pytest.mark.parametrize(
    ("kind", "action", "is_credit", "ways"),
    [
        # Withdrawals and sales: principal, fees and subsidy of all parties, there or back.
        ("long", "credit_adjustment", False, -1),
        ("long", "chargeback", False, -1),
        ("short", "claim", False, 1),
        ("short", "representment", False, 1),
        # Refunds and voids: giving back is what they do.
        ("long", "credit_adjustment", True, 1),
        ("short", "claim", True, -1),
        ("dispute", "chargeback", True, 1),
        ("dispute", "representment", True, -1),
        ("manual", "claim", False, 1),
    ],
)
def test_money_goes_between_all_who_are_in_a_transaction(
    kind: str, action: str, is_credit: bool, ways: int
) -> None:
    made, found = row(1, 500, "refund" if is_credit else "rural_withdrawal"), rules(subsidy_fen=5)
    of = found.kind(made.record.kind)
    assert of is not None
    moved = tuple(movements(made, of, found))
    case = replace(_case(moves=moved, kind=kind), is_credit=is_credit)
    net: Counter[str] = Counter()
    for payer, payee, fen, what in moves(case, action):
        net[payer] -= fen
        net[payee] += fen
        assert (fen > 0, what) == (True, "adjustment")
    plain: Counter[str] = Counter()
    for payer, payee, fen, _ in moved:
        plain[payer] -= fen
        plain[payee] += fen
    assert net == Counter({name: ways * fen for name, fen in plain.items()})
    assert net.total() == 0
    to_card = STEPS[action].pays == "to_card"
    assert (net[f"cardholders:{FIRST}"] > 0) is to_card
    assert (net[f"point:{MERCHANT}"] < 0) is to_card
    assert net.keys() == {f"cardholders:{FIRST}", FIRST, ACQUIRER, f"point:{MERCHANT}"}


@pytest.mark.parametrize("kind", sorted(OF_ISSUERS & {k for k in KINDS if "correct" in KINDS[k]}))
def test_an_issuer_corrects_what_is_its_own_and_its_cardholders(kind: str) -> None:
    own = (Movement("1", "cardholders:1", 500, "adjustment"),)
    assert moves(_case(moves=own, kind=kind), "correct") == own
    assert "credit_adjustment" not in allowed(_case(moves=own, kind=kind))
    assert "correct" not in allowed(_case(moves=(), kind=kind))


def test_nothing_follows_the_end() -> None:
    assert not any(CLOSED in step.after for step in STEPS.values())
    assert {step.stage for step in STEPS.values()} <= STAGE_WORDS.keys()
    assert STEPS.keys() < ACTION_WORDS.keys()
    assert KINDS.keys() == KIND_WORDS.keys()
    assert all(actions <= STEPS.keys() for actions in KINDS.values())


def test_a_credit_adjustment_gives_all_back_and_a_claim_asks_for_all() -> None:
    back = resolve(_case(), "credit_adjustment", _NOTE, _ON).notes[-1]
    assert [(m.payer, m.payee, m.fen) for m in back.movements] == [
        ("1", "cardholders:1", 500),
        ("2", "1", 500),
    ]
    claim = resolve(_case(), "claim", _NOTE, _ON).notes[-1]
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
    note = resolve(_case(), "claim", _NOTE, On(today, cleared)).notes[-1]
    assert note.clearing_day == day
    assert resolve(_case(), "no_error", _NOTE, On(today, cleared)).notes[-1].clearing_day == 0


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
        resolve(_case(), action, note, _ON)


def test_what_knows_no_transaction_moves_nothing() -> None:
    with pytest.raises(CaseError, match="knows no transaction"):
        resolve(_case(moves=()), "claim", _NOTE, _ON)
    assert resolve(_case(moves=()), "no_error", _NOTE, _ON).stage == CLOSED


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=8), st.booleans())
def test_money_goes_back_and_forth_and_never_twice_the_same_way(
    actions: list[str], is_credit: bool
) -> None:
    """After any steps the balance is the transaction itself, or one move of it either way."""
    turned = tuple(Movement(payee, payer, fen, what) for payer, payee, fen, what in _MOVES)
    case, net = replace(_case(moves=turned if is_credit else _MOVES), is_credit=is_credit), 0
    for action in actions:
        try:
            case = resolve(case, action, _NOTE, _ON)
        except CaseError:
            continue
        net += {"to_card": 1, "from_card": -1}.get(STEPS[action].pays, 0)
        assert -1 <= net <= 1
    moved: Counter[str] = Counter()
    for note in case.notes:
        for payer, payee, fen, _ in note.movements:
            moved[payer] -= fen
            moved[payee] += fen
    assert moved.total() == 0
    assert moved["cardholders:1"] == net * 500


def test_the_money_of_a_transaction_is_paid_once_whatever_the_number_of_its_cases() -> None:
    back = resolve(_case(), "credit_adjustment", _NOTE, _ON)
    claimed = resolve(_case(), "claim", _NOTE, _ON)
    check_once(back, [_case()], is_paid=True)
    check_once(claimed, [_case()], is_paid=False)
    check_once(back, [claimed], is_paid=False)
    check_once(claimed, [back], is_paid=True)
    check_once(back, [replace(back, rrn="4170")], is_paid=True)
    check_once(resolve(_case(), "no_error", _NOTE, _ON), [back], is_paid=True)
    for done, other, is_paid, words in (
        (back, back, True, "credit_adjustment: the money of 4169 is given back already, another"),
        (claimed, claimed, False, "claim: the money of 4169 is paid out already, another case"),
        (back, _case(), False, "is given back already, by the ledger"),
        (claimed, _case(), True, "is paid out already, by the ledger"),
    ):
        with pytest.raises(CaseError, match=words):
            check_once(done, [other], is_paid=is_paid)


def test_of_a_refund_giving_back_is_what_it_does() -> None:
    refund = replace(_case(), is_credit=True)
    back = resolve(refund, "credit_adjustment", _NOTE, _ON)
    claimed = resolve(refund, "claim", _NOTE, _ON)
    check_once(back, [], is_paid=False)
    check_once(claimed, [], is_paid=True)
    for done, is_paid, words in ((back, True, "given back"), (claimed, False, "paid out")):
        with pytest.raises(CaseError, match=f"is {words} already, by the ledger"):
            check_once(done, [], is_paid=is_paid)


def test_what_is_not_final_waits() -> None:
    claimed = resolve(_case(), "claim", _NOTE, _ON)
    with pytest.raises(CaseError, match="nobody knows yet what 4169 comes to"):
        check_once(claimed, [], is_paid=False, is_pending=True)
    closed = resolve(_case(), "no_error", _NOTE, _ON)
    check_once(closed, [], is_paid=False, is_pending=True)


def test_an_amount_is_put_right_once_and_not_beside_the_whole() -> None:
    """The slip said less, so that the acquirer has too much: it gives back, and claims nothing."""
    amount = replace(_case(kind="amount"), is_credit=True)
    back = resolve(amount, "credit_adjustment", _NOTE, _ON)
    whole = resolve(_case(), "chargeback", _NOTE, _ON)
    check_once(back, [_case()], is_paid=True)
    with pytest.raises(CaseError, match="claim: what differs is the other side's money"):
        check_once(resolve(amount, "claim", _NOTE, _ON), [], is_paid=True)
    for done, other in ((back, whole), (whole, back)):
        with pytest.raises(CaseError, match="another case has moved money of 4169 already"):
            check_once(done, [other], is_paid=True)


def test_an_issuers_books_are_put_right_whatever_the_banks_do() -> None:
    own = (Movement("1", "cardholders:1", 500, "adjustment"),)
    done = resolve(_case(moves=own, kind="issuer_long"), "correct", _NOTE, _ON)
    check_once(done, [resolve(_case(), "claim", _NOTE, _ON)], is_paid=False)
    claimed = resolve(_case(), "claim", _NOTE, _ON)
    check_once(claimed, [done], is_paid=False)


@pytest.mark.parametrize(
    ("action", "stage", "last", "words"),
    [
        ("claim", OPEN, 20141016, "inquiry_days = 120 from 2014-06-18"),
        ("chargeback", OPEN, 20141016, "inquiry_days = 120 from 2014-06-18"),
        ("chargeback", "claimed", 20140708, "what was done stands: accept or lapse"),
        ("representment", "charged_back", 20140708, "what was done stands: accept or lapse"),
    ],
)
def test_what_comes_after_its_last_day_is_refused(
    action: str, stage: str, last: int, words: str
) -> None:
    assert resolve(_case(stage), action, _NOTE, On(last)).stage == STEPS[action].stage
    with pytest.raises(CaseError, match=words) as found:
        resolve(_case(stage), action, _NOTE, On(last + 1))
    assert f"{action}: the last day was {str(last)[:4]}-{str(last)[4:6]}" in str(found.value)


@pytest.mark.parametrize(
    ("action", "stage"),
    [("credit_adjustment", OPEN), ("accept", "claimed"), ("no_error", OPEN), ("lapse", "claimed")],
)
def test_who_gives_back_or_admits_is_never_too_late(action: str, stage: str) -> None:
    assert resolve(_case(stage), action, _NOTE, On(20200101)).stage == CLOSED


@pytest.mark.parametrize("stage", ["claimed", "charged_back", "represented"])
def test_what_nobody_answered_stands_once_its_last_day_is_over(stage: str) -> None:
    with pytest.raises(CaseError, match="may answer until 2014-07-08, that day too"):
        resolve(_case(stage), "lapse", _NOTE, On(20140708))
    done = resolve(_case(stage), "lapse", _NOTE, On(20140709))
    assert (done.stage, done.notes[-1].movements) == (CLOSED, ())


def test_working_days_count_where_only_those_do() -> None:
    """Twenty working days of one that works from Monday to Friday."""
    terms = Terms(is_working=lambda day: day.weekday() < 5)
    charged = resolve(_case(), "chargeback", _NOTE, On(20140618, 0, terms))
    assert charged.deadline == 20140716
    assert resolve(_case(), "chargeback", _NOTE, On(20140618)).deadline == 20140708
    assert terms.inquiry(20140618) > TERMS.inquiry(20140618)
    assert date(2014, 7, 16).weekday() == 2
