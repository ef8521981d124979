"""Promise: a request has at most one outcome, whoever asks and however often.

Answers under one RRN agree in code, authorisation and amount; a request is approved under one RRN
at most, and never once its reversal was accepted; what was answered 98 does not stay approved,
unless the process that said so died soon after: 98 leaves in time whatever the ledger does, so only
the terminal knows of it then, and has to reverse. 94 and 09 are no outcomes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from simulators.checkers.finding import Finding
from simulators.terminals.answers import APPROVED
from simulators.world.history import FINANCIAL_ANSWERS, History, Told
from switch.core.transaction import State

PROMISE = "at most one distinct outcome per request"
_REPEATED = frozenset({"94", "09"})
_IN_DOUBT = "98"
_ACTS_WITHIN_NS = 120_000_000_000
"""Longer than the slowest commits, and the repeat of one whose outcome was lost."""

Place = tuple[str, str, str]
"""Terminal, batch and STAN."""


def check(history: History) -> Iterator[Finding]:
    """Yield each request with two outcomes."""
    yield from _by_rrn(history)
    yield from _by_request(history)
    yield from _taken_back(history)


def _by_rrn(history: History) -> Iterator[Finding]:
    """Compare all answers under one RRN, and what became of those that were in doubt."""
    by_rrn: dict[tuple[str, Place], set[tuple[str, str, str]]] = defaultdict(set)
    in_doubt: dict[tuple[str, Place], Told] = {}
    for told in history.answers():
        heard = told.heard
        code, rrn = heard.get(39), heard.get(37)
        if code not in _REPEATED and rrn:
            which = rrn, _place(told)
            by_rrn[which].add((code, heard.get(38), heard.get(4)))
            if code == _IN_DOUBT:
                in_doubt[which] = told
    for (rrn, _), outcomes in sorted(by_rrn.items()):
        if len(outcomes) > 1:
            answers = sorted(code for code, _, _ in outcomes)
            yield Finding(f"{rrn} was answered {' and '.join(answers)}", rrn=rrn)
    for row in history.end.rows:
        rrn, key = row.record.rrn, row.key
        told_so = in_doubt.get((rrn, (key.terminal, key.batch, key.stan)))
        stays = row.state is State.APPROVED and row.is_reversible
        if told_so is not None and stays and not _died_after(history, told_so):
            yield Finding(f"{rrn} was answered 98 and stays approved", rrn=rrn)


def _died_after(history: History, told: Told) -> bool:
    """Tell whether the process that said something died before it can have acted on it."""
    until_ns = told.at_ns + _ACTS_WITHIN_NS
    return any(by == told.by and told.at_ns <= at <= until_ns for at, by in history.deaths)


def _by_request(history: History) -> Iterator[Finding]:
    approvals: dict[tuple[Place, str], set[str]] = defaultdict(set)
    for told in history.answers():
        if told.heard.get(39) in APPROVED:
            approvals[_place(told), told.heard.get(3)].add(told.heard.get(37))
    for (place, _), rrns in sorted(approvals.items()):
        if len(rrns) > 1:
            what = f"{' '.join(place)} was approved as {' and '.join(sorted(rrns))}"
            yield Finding(what, rrn=max(rrns))


def _taken_back(history: History) -> Iterator[Finding]:
    reversed_: set[Place] = set()
    for told in history.told:
        code = told.heard.get(39)
        if told.heard.mti == "0410" and code == "00":
            reversed_.add(_place(told))
        elif told.heard.mti in FINANCIAL_ANSWERS and code in APPROVED and _place(told) in reversed_:
            what = f"{' '.join(_place(told))} was approved after its reversal"
            yield Finding(what, rrn=told.heard.get(37), step=told.step)


def _place(told: Told) -> Place:
    heard = told.heard
    return heard.get(41), heard.get(60)[2:8], heard.get(11)
