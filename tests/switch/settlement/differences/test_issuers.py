"""What an issuer booked agrees, differs, or waits for another day; and each is told once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from switch.core.operations import Row
from switch.core.transaction import State
from switch.settlement.cases import OF_ISSUERS, Case, Note, On, resolve
from switch.settlement.differences.issuers import Issuers, Known, Line
from switch.settlement.movements import CARDHOLDERS, Movement
from tests.switch.settlement.village import ACQUIRER, DAY, FIRST, SECOND, row, rules

_ENDS_MS = 1_403_107_200_000
"""Midnight after 2014-06-18 in Shanghai."""
_MINUTE_MS = 60_000
_DAY_MS = 86_400_000


class _Desk:
    """Reconciles day after day over the same rows, and keeps what is found as the store does."""

    def __init__(self, *rows: Row) -> None:
        self.rows = list(rows)
        self.cases: dict[str, Case] = {}
        self.last: Issuers

    def on(self, day: int, *lines: tuple[str, int], issuer: str = FIRST) -> list[str]:
        """Return the keys of the differences of a day."""
        known = Known(list(self.cases.values()), _ENDS_MS + (day - DAY) * _DAY_MS)
        given = {issuer: [Line(*line, f"line {n}") for n, line in enumerate(lines, 2)]}
        self.last = last = Issuers(day, rules(), given, known)
        for each in self.rows:
            if each.record.clearing_day == day:
                last.take(each)
        for rrn in last.missing():
            for each in self.rows:
                if each.record.rrn == rrn:
                    last.take(each)
        last.done()
        for case in (*last.differences, *last.waiting):
            self.cases.setdefault(case.key, case)
        for before, now in last.changed:
            assert self.cases[before.key] == before
            self.cases[before.key] = now
        return [case.key for case in last.differences]

    def open(self) -> set[str]:
        """Return the kinds of the cases that are open."""
        return {case.kind for case in self.cases.values() if case.deadline}


def _late(stan: int = 1, minutes: int = 5, **changes: object) -> Row:
    """Return a row that was opened so many minutes before the end of its day."""
    made = row(stan, **changes)  # type: ignore[arg-type]
    ends = _ENDS_MS + (made.record.clearing_day - DAY) * _DAY_MS
    record = replace(made.record, opened_ms=ends - minutes * _MINUTE_MS)
    return replace(made, record=record)


RRN = row(1).record.rrn
BOOKED = (RRN, 50_000)
OWN = f"issuer_%s/{FIRST}/{RRN}"


def test_a_line_that_is_there_twice_is_a_difference_with_both_lines() -> None:
    desk = _Desk(row(1))
    assert desk.on(DAY, BOOKED, BOOKED) == [OWN % "twice"]
    (case,) = desk.last.differences
    told = "50000 fen (line 2) and 50000 fen (line 3)"
    assert case.what == f"the issuer booked it more than once: {told}; the ledger has 50000 fen"
    assert case.movements == (Movement(FIRST, CARDHOLDERS + FIRST, 50_000, "adjustment"),)
    assert case.booked == ((DAY, 100_000),)


def test_parts_that_come_to_the_whole_are_told_and_move_nothing() -> None:
    desk = _Desk(row(1))
    assert desk.on(DAY, (RRN, 20_000), (RRN, 30_000)) == [OWN % "twice"]
    assert desk.last.differences[0].movements == ()


def test_what_an_issuer_took_back_by_itself_agrees() -> None:
    reversed_, again = row(1, state=State.REVERSED), row(2)
    second = again.record.rrn
    desk = _Desk(reversed_, again)
    back = (RRN, -50_000)
    assert desk.on(DAY, BOOKED, back, (second, 50_000), (second, -50_000), (second, 50_000)) == []
    assert desk.on(DAY, BOOKED, back, ("999999999999", 5), ("999999999999", -5)) == [
        f"issuer_short/{FIRST}/{second}"
    ]


@pytest.mark.parametrize(
    ("made", "lines", "kind", "payer", "fen"),
    [
        (row(1), [], "short", CARDHOLDERS + FIRST, 50_000),
        (row(1, fee_fen=20), [BOOKED], "amount", CARDHOLDERS + FIRST, 20),
        (row(1), [(RRN, 50_001)], "amount", FIRST, 1),
        (row(1), [(RRN, -50_000)], "amount", CARDHOLDERS + FIRST, 100_000),
        (row(1, state=State.DECLINED), [BOOKED], "long", FIRST, 50_000),
        (row(1, kind="refund"), [], "short", FIRST, 50_000),
        (row(1, kind="refund", state=State.REVERSED), [(RRN, -50_000)], "long",
         CARDHOLDERS + FIRST, 50_000),
        (row(1, kind="social_balance_inquiry"), [BOOKED], "long", FIRST, 50_000),
    ],
)  # fmt: skip
def test_only_the_issuers_own_leg_is_put_right(
    made: Row, lines: Sequence[tuple[str, int]], kind: str, payer: str, fen: int
) -> None:
    desk = _Desk(made)
    assert desk.on(DAY, *lines) == [OWN % kind]
    (moved,) = desk.last.differences[0].movements
    assert (moved.payer, moved.fen) == (payer, fen)
    assert {moved.payer, moved.payee} == {FIRST, CARDHOLDERS + FIRST}
    assert desk.on(DAY, *lines) == [OWN % kind]
    assert len(desk.cases) == 1, "it is the same case"


def test_what_the_ledger_has_of_another_issuer_or_not_at_all_is_told_so() -> None:
    desk = _Desk(row(1, issuer=SECOND))
    assert desk.on(DAY, BOOKED, ("999999999999", 42)) == [
        OWN % "long",
        f"issuer_long/{FIRST}/999999999999",
    ]
    whys = [case.what.partition(", ")[2] for case in desk.last.differences]
    assert whys == [
        f"in the ledger it is a transaction of {SECOND}",
        "the ledger has no such transaction",
    ]


def test_near_the_end_of_a_day_it_may_be_booked_the_next_day() -> None:
    desk = _Desk(_late())
    assert desk.on(DAY) == []
    assert desk.open() == {"crossing"}
    assert desk.on(DAY + 1, BOOKED) == []
    (case,) = desk.cases.values()
    assert (case.deadline, case.notes[-1].action, case.booked) == (
        0,
        "agrees",
        ((DAY + 1, 50_000),),
    )
    for day, lines in ((DAY, []), (DAY + 1, [BOOKED]), (DAY + 2, [])):
        assert desk.on(day, *lines) == [], "whatever is asked again"
        assert desk.open() == set()


def test_what_is_not_booked_the_next_day_either_is_a_difference() -> None:
    desk = _Desk(_late())
    assert desk.on(DAY) == []
    assert desk.on(DAY + 1) == [OWN % "short"]
    assert desk.open() == {"issuer_short"}
    assert desk.cases[f"crossing/{FIRST}/{RRN}"].notes[-1].action == "differs"
    assert desk.on(DAY + 2, BOOKED) == [], "later still: then it agrees by itself"
    assert desk.open() == set()


@pytest.mark.parametrize(("minutes", "kind"), [(10, "crossing"), (11, "issuer_short")])
def test_how_near_is_said_by_the_terms(minutes: int, kind: str) -> None:
    desk = _Desk(_late(minutes=minutes))
    desk.on(DAY)
    assert desk.open() == {kind}


def test_what_was_booked_before_its_day_waits_for_that_day() -> None:
    desk = _Desk(row(1, clearing_day=DAY + 1))
    assert desk.on(DAY, BOOKED) == []
    assert desk.on(DAY, BOOKED) == []
    assert desk.open() == {"crossing"}
    assert desk.on(DAY + 1) == []
    assert desk.open() == set()


def test_booked_on_both_days_is_booked_twice() -> None:
    early = _Desk(row(1, clearing_day=DAY + 1))
    early.on(DAY, BOOKED)
    assert early.on(DAY + 1, BOOKED) == [OWN % "twice"]
    assert "50000 fen on 2014-06-18, 50000 fen on 2014-06-19" in early.last.differences[0].what
    late = _Desk(_late())
    late.on(DAY)
    late.on(DAY + 1, BOOKED)
    assert late.on(DAY + 2, BOOKED) == [OWN % "twice"]


def test_a_day_that_agreed_is_asked_again_where_the_next_has_the_same_line() -> None:
    """Nobody keeps what agreed, so the later day's line waits for its own day's statement."""
    desk = _Desk(row(1))
    assert desk.on(DAY, BOOKED) == []
    assert desk.on(DAY + 1, BOOKED) == []
    assert desk.open() == {"crossing"}
    assert "reconcile that day with its statement" in desk.last.waiting[0].what
    assert desk.on(DAY + 1, BOOKED) == []
    assert desk.on(DAY + 2) == []
    assert desk.open() == {"crossing"}, "no other day can say"
    assert desk.on(DAY, BOOKED) == [OWN % "twice"]
    other = _Desk(row(1))
    other.on(DAY + 1, BOOKED)
    assert other.on(DAY) == [], "its own day had nothing: it was booked late"
    assert other.open() == set()


@pytest.mark.parametrize("pending", [State.IN_DOUBT, State.REVERSING, State.REVERSAL_EXPIRED])
@pytest.mark.parametrize("lines", [[], [BOOKED]])
@pytest.mark.parametrize("end", [State.APPROVED, State.REVERSED])
def test_what_is_in_doubt_is_decided_once_it_is_final(
    pending: State, lines: list[tuple[str, int]], end: State
) -> None:
    desk = _Desk(row(1, state=pending))
    assert desk.on(DAY, *lines) == []
    assert desk.on(DAY + 1) == []
    assert desk.open() == {"in_doubt"}
    desk.rows = [row(1, state=end)]
    found = desk.on(DAY + 1)
    if (end is State.APPROVED) is bool(lines):
        assert (found, desk.open()) == ([], set())
    else:
        kind = "long" if lines else "short"
        assert found == [OWN % kind]
        assert desk.open() == {f"issuer_{kind}"}


def test_an_inquiry_that_is_in_doubt_is_nothing_to_wait_for() -> None:
    desk = _Desk(row(1, kind="social_balance_inquiry", state=State.IN_DOUBT))
    assert desk.on(DAY) == []
    assert desk.cases == {}


def test_a_correction_in_a_later_statement_closes_its_case() -> None:
    desk = _Desk(row(1, state=State.DECLINED))
    unknown = ("999999999999", 7)
    assert len(desk.on(DAY, BOOKED, unknown)) == 2
    assert desk.on(DAY + 3, (RRN, -50_000), (unknown[0], -7)) == []
    assert desk.open() == set()


def test_what_cases_moved_between_banks_may_be_on_a_later_statement() -> None:
    """An acquirer gave back 50 yuan too much of the slip; its issuer books that as well."""
    desk = _Desk(row(1))
    assert desk.on(DAY, BOOKED) == []
    moved = (Movement(FIRST, CARDHOLDERS + FIRST, 5_000, "principal"),)
    amount = Case(
        kind="amount", found_by="terminal", rrn=RRN, issuer=FIRST, day=DAY, deadline=DAY + 9,
        movements=moved, is_credit=True,
    )  # fmt: skip
    note = Note(0, "Li", "", "the slip says so")
    desk.cases[amount.key] = resolve(amount, "credit_adjustment", note, On(DAY))
    assert desk.on(DAY + 1, (RRN, -5_000)) == []
    assert desk.open() == set()
    desk.on(DAY + 2, (RRN, -4_000))
    assert desk.open() == {"crossing"}, "another amount is no adjustment of a case"


def test_statements_of_two_issuers_are_kept_apart() -> None:
    desk = _Desk(row(1), row(2, issuer=SECOND))
    assert desk.on(DAY, BOOKED) == []
    assert desk.on(DAY, (RRN, 50_000), issuer=SECOND) == [
        f"issuer_short/{SECOND}/{row(2).record.rrn}",
        f"issuer_long/{SECOND}/{RRN}",
    ]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([State.APPROVED, State.REVERSED]),
            st.sampled_from(["rural_withdrawal", "refund"]),
            st.integers(0, 12),
            st.lists(st.sampled_from([DAY, DAY + 1, DAY + 2]), max_size=2),
        ),
        max_size=5,
    )
)
def test_in_the_end_there_is_a_case_where_the_sums_differ_and_nowhere_else(
    drawn: list[tuple[State, str, int, list[int]]],
) -> None:
    """Three days and the first again: what is open is what an issuer booked not once."""
    rows = [
        _late(n, minutes, kind=kind, state=state)
        for n, (state, kind, minutes, _) in enumerate(drawn, 1)
    ]
    sign = {"rural_withdrawal": 1, "refund": -1}
    desk = _Desk(*rows)
    for day in (DAY, DAY + 1, DAY + 2, DAY):
        lines = [
            (made.record.rrn, sign[kind] * 50_000)
            for made, (_, kind, _, days) in zip(rows, drawn, strict=True)
            for each in days
            if each == day
        ]
        desk.on(day, *lines)
    differs = {
        made.record.rrn
        for made, (state, _, _, days) in zip(rows, drawn, strict=True)
        if len(days) != (state is State.APPROVED)
    }
    found = {case.rrn for case in desk.cases.values() if case.deadline}
    assert found == differs
    assert desk.open() <= OF_ISSUERS - {"crossing", "in_doubt"}
    for case in desk.cases.values():
        assert ACQUIRER not in {m.payee for m in case.movements} | {m.payer for m in case.movements}
