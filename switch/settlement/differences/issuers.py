"""Issuers' statements against the ledger (switch/settlement): what agrees, differs, or waits.

What an issuer booked of a transaction is summed over the days of its statements, as far as its
cases know them, so that one day's money on another day's statement is no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from switch.core.operations import Row
from switch.core.transaction import State
from switch.settlement.cases import LONGEST_WHY, OF_ISSUERS, WAITING, Case, Note, On, resolve
from switch.settlement.clearing import PENDING
from switch.settlement.differences.terms import TERMS, Terms, dated
from switch.settlement.movements import ADJUSTMENT, CARDHOLDERS, Movement
from switch.settlement.rules import CREDIT, DEBIT, Rules

_MINUTE_MS: Final = 60_000
_TWICE: Final = 2
_FOUND_BY: Final = "issuer"


class Line(NamedTuple):
    """A line of a statement: DE 37, fen off the account (negative: onto it), and where it is."""

    rrn: str
    fen: int
    where: str = ""


Statement = Iterable[Line]


class Known(msgspec.Struct, frozen=True):
    """What is known beside the books: cases, the end of the day, terms, the time of the notes.

    Times are UTC ms; an end of 0 is not known.
    """

    cases: Sequence[Case] = ()
    ends_ms: int = 0
    terms: Terms = TERMS
    at_ms: int = 0


class Issuers:
    """Compares issuers' statements of one clearing day; `changed` are cases before and after."""

    def __init__(
        self, day: int, rules: Rules, statements: Mapping[str, Statement], known: Known
    ) -> None:
        """Take the statements; rows come after them."""
        self.differences: list[Case] = []
        self.waiting: list[Case] = []
        self.changed: list[tuple[Case, Case]] = []
        self._day, self._rules, self._known = day, rules, known
        self._lines: dict[str, dict[str, list[Line]]] = {issuer: {} for issuer in statements}
        for issuer, lines in statements.items():
            for line in lines:
                self._lines[issuer].setdefault(line.rrn, []).append(line)
        self._cases: dict[tuple[str, str], list[Case]] = {}
        for case in known.cases:
            if case.kind in OF_ISSUERS and case.issuer in self._lines:
                self._cases.setdefault((case.issuer, case.rrn), []).append(case)
        # What waits since another day is looked at again; the others only tell what was booked.
        self._again = {
            place
            for place, cases in self._cases.items()
            if any(case.kind in WAITING and case.deadline and case.day < day for case in cases)
        }
        self._strangers: dict[tuple[str, str], Row] = {}
        self._adjusted = _adjusted(known.cases)

    def take(self, row: Row) -> None:
        """Compare a row, if it is of the day, on a statement, or waits since another day."""
        own, rrn = row.record.issuer, row.record.rrn
        for issuer, lines in self._lines.items():
            if issuer != own and rrn in lines:
                self._strangers[issuer, rrn] = row
        of_own = self._lines.get(own)
        if of_own is None:
            return
        is_again = (own, rrn) in self._again
        if row.record.clearing_day == self._day or rrn in of_own or is_again:
            self._again.discard((own, rrn))
            self._compare(row, of_own.pop(rrn, []))

    def missing(self) -> list[str]:
        """Return the reference numbers of which no row has come yet: they may be of any day."""
        named = {rrn for lines in self._lines.values() for rrn in lines}
        return sorted(named | {rrn for _, rrn in self._again})

    def done(self) -> None:
        """Count what is left on the statements: the ledger has no such transaction."""
        for issuer, of_issuer in self._lines.items():
            for rrn, lines in of_issuer.items():
                self._unknown(issuer, rrn, lines)

    def _compare(self, row: Row, lines: list[Line]) -> None:
        record, cases = row.record, self._of(row)
        booked = self._booked(cases, lines)
        ours, theirs = self._ours(row), sum(booked.values())
        day = record.clearing_day
        if row.state in PENDING:
            if booked or self._rules.kind(record.kind) is not None:
                why = f"the ledger says {row.state.name}; the issuer booked {theirs} fen"
                self._wait("in_doubt", row, booked, why)
        elif day < self._day and lines and self._is_adjustment(record.rrn, lines):
            return
        elif day > self._day or (day < self._day and _is_of_its_day(cases, booked)):
            self._wait("crossing", row, booked, _crosses(day, booked))
        elif theirs == ours and not _is_repeated(line.fen for line in lines):
            self._settle(cases, booked, "agrees", f"booked in all: {theirs} fen")
        elif day == self._day and not booked and self._is_late(row):
            why = "approved near the end of the day, and not booked yet"
            self._wait("crossing", row, booked, why)
        else:
            self._differ(row, booked, lines, theirs - ours)

    def _differ(self, row: Row, booked: dict[int, int], lines: list[Line], more_fen: int) -> None:
        ours, theirs = self._ours(row), sum(booked.values())
        has, told = f"the ledger has {ours} fen", _told(lines) if lines else f"{theirs} fen"
        if row.state is not State.APPROVED:
            has = f"the ledger says {row.state.name}"
        if _is_repeated(line.fen for line in lines) or _is_repeated(booked.values()):
            kind, told = "issuer_twice", _days(booked) if len(booked) > 1 else told
            what = f"the issuer booked it more than once: {told}; {has}"
        elif not theirs:
            kind, what = "issuer_short", "the ledger has it, the issuer's statement not"
        elif not ours:
            kind, what = "issuer_long", f"the issuer booked {told}, {has}"
        else:
            kind, what = "issuer_amount", f"the issuer booked {told}, {has}"
        found = self._case(kind, row, booked, what)
        self._add(replace(found, movements=_correction(row.record.issuer, more_fen)))

    def _unknown(self, issuer: str, rrn: str, lines: list[Line]) -> None:
        booked = self._booked(self._cases.get((issuer, rrn), []), lines)
        stranger = self._strangers.get((issuer, rrn))
        has = "the ledger has no such transaction"
        if stranger is not None:
            has = f"in the ledger it is a transaction of {stranger.record.issuer}"
        fen = sum(booked.values())
        if not fen:
            why = "what it booked it has taken back"
            self._settle(self._cases.get((issuer, rrn), []), booked, "agrees", why)
            return
        self._add(
            Case(
                kind="issuer_long",
                found_by=_FOUND_BY,
                rrn=rrn,
                issuer=issuer,
                amount_fen=abs(fen),
                day=self._day,
                deadline=self._known.terms.answer(self._day),
                what=f"the issuer booked {_told(lines)}, {has}",
                movements=_correction(issuer, fen),
                booked=tuple(sorted(booked.items())),
            )
        )

    def _add(self, case: Case) -> None:
        """Add a difference; what waited for it, or was another one, is decided by it."""
        cases = self._cases.get((case.issuer, case.rrn), [])
        others = [each for each in cases if each.key != case.key]
        self._settle(others, dict(case.booked), "differs", case.what)
        self.differences.append(case)

    def _wait(self, kind: str, row: Row, booked: dict[int, int], why: str) -> None:
        case = self._case(kind, row, booked, why)
        self.waiting.append(case)
        for each in self._of(row):
            if each.key == case.key and each.deadline and each.booked != case.booked:
                self.changed.append((each, replace(each, booked=case.booked)))

    def _settle(self, cases: Iterable[Case], booked: dict[int, int], action: str, why: str) -> None:
        """Close what is open of a transaction: nothing was done about it, and it is decided."""
        for case in cases:
            if case.deadline:
                note = Note(self._known.at_ms, "reconciliation", action, why[:LONGEST_WHY])
                done = resolve(case, action, note, On(self._day))
                self.changed.append((case, replace(done, booked=tuple(sorted(booked.items())))))

    def _case(self, kind: str, row: Row, booked: dict[int, int], what: str) -> Case:
        case = case_of(row, kind, row.record.clearing_day, self._known.terms.answer(self._day))
        kept = tuple(sorted(booked.items()))
        return replace(case, found_by=_FOUND_BY, what=what, booked=kept)

    def _of(self, row: Row) -> list[Case]:
        return self._cases.get((row.record.issuer, row.record.rrn), [])

    def _booked(self, cases: Iterable[Case], lines: list[Line]) -> dict[int, int]:
        """Return what was booked by day: of this day by its statement, of others by the cases."""
        booked = {day: fen for case in cases for day, fen in case.booked if day != self._day}
        fen = sum(line.fen for line in lines)
        return booked | {self._day: fen} if fen else booked

    def _ours(self, row: Row) -> int:
        kind, record = self._rules.kinds.get(row.record.kind), row.record
        if kind is None or kind.side not in {DEBIT, CREDIT} or row.state is not State.APPROVED:
            return 0
        return (record.amount_fen if kind.side == DEBIT else -record.amount_fen) + record.fee_fen

    def _is_adjustment(self, rrn: str, lines: list[Line]) -> bool:
        """Tell whether lines are what cases between banks have moved, as the issuer books it."""
        return sum(line.fen for line in lines) == self._adjusted.get(rrn, 0)

    def _is_late(self, row: Row) -> bool:
        """Tell whether it was opened so near the end of its day that it may be booked after it."""
        ends, minutes = self._known.ends_ms, self._known.terms.crossing_minutes
        return ends > 0 and row.record.opened_ms >= ends - minutes * _MINUTE_MS


def case_of(row: Row, kind: str, day: int, deadline: int) -> Case:
    """Return a case about a transaction; by whom it was found, and what it moves, is not said."""
    key, record = row.key, row.record
    return Case(
        kind=kind,
        found_by="ledger",
        rrn=record.rrn,
        terminal=key.terminal,
        batch=key.batch,
        stan=key.stan,
        merchant=key.merchant,
        issuer=record.issuer,
        acquirer=record.acquirer,
        shown_card=record.shown_card,
        transaction=record.kind,
        amount_fen=record.amount_fen,
        fee_fen=record.fee_fen,
        day=day,
        deadline=deadline,
    )


def _correction(issuer: str, more_fen: int) -> tuple[Movement, ...]:
    """Return what puts an issuer's books right that took so much more than the ledger says."""
    own, cardholders = issuer, CARDHOLDERS + issuer
    if more_fen > 0:
        return (Movement(own, cardholders, more_fen, ADJUSTMENT),)
    return (Movement(cardholders, own, -more_fen, ADJUSTMENT),) if more_fen else ()


def _adjusted(cases: Iterable[Case]) -> dict[str, int]:
    """Return what cases between banks took off the accounts of cardholders, by transaction."""
    found: dict[str, int] = {}
    for case in cases:
        own = CARDHOLDERS + case.issuer
        for moved in (each for note in case.notes for each in note.movements):
            if case.kind not in OF_ISSUERS and case.rrn and own in {moved.payer, moved.payee}:
                sign = 1 if moved.payer == own else -1
                found[case.rrn] = found.get(case.rrn, 0) + sign * moved.fen
    return found


def _is_of_its_day(cases: list[Case], booked: dict[int, int]) -> bool:
    """Tell whether only the statement of its own day can say if what another day has is all.

    What waited with nothing booked was seen on its own day, and any other case was as well.
    """
    is_asked = any(case.kind == "crossing" and case.deadline and case.booked for case in cases)
    return len(booked) == 1 and (is_asked or not cases)


def _crosses(day: int, booked: dict[int, int]) -> str:
    told = f"booked {_days(booked)}, cleared on {dated(day)}"
    if max(booked, default=day) > day:
        return f"{told}: reconcile that day with its statement, to see that it is not there too"
    return told


def _days(booked: dict[int, int]) -> str:
    return ", ".join(f"{fen} fen on {dated(day)}" for day, fen in sorted(booked.items()))


def _is_repeated(fen: Iterable[int]) -> bool:
    """Tell whether amounts say the same thing twice, and nothing takes it back."""
    return abs(sum((each > 0) - (each < 0) for each in fen)) >= _TWICE


def _told(lines: list[Line]) -> str:
    """Return what lines say, each with its place."""
    return (
        " and ".join(
            f"{line.fen} fen ({line.where})" if line.where else f"{line.fen} fen" for line in lines
        )
        or "nothing"
    )
