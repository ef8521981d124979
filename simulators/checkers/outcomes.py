"""Promise: a request has at most one outcome, whoever asks and however often.

Answers under one RRN agree in code, authorisation and amount; a request is approved under one RRN
at most, and never once its reversal was accepted; what was answered 98 does not stay approved. 94
and 09 say that it came before, and are no outcomes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from simulators.checkers.finding import Finding
from simulators.terminal import APPROVED
from simulators.world.history import History, Told
from switch.core.transaction import State

PROMISE = "at most one distinct outcome per request"
_REPEATED = frozenset({"94", "09"})
_IN_DOUBT = "98"

Place = tuple[str, str, str]
"""Terminal, batch and STAN."""


def check(history: History) -> Iterator[Finding]:
    """Yield each request with two outcomes."""
    yield from _by_rrn(history)
    yield from _by_request(history)
    yield from _taken_back(history)


def _by_rrn(history: History) -> Iterator[Finding]:
    """Compare all answers under one RRN, and what became of those that were in doubt."""
    by_rrn: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for told in history.answers("0210"):
        heard = told.heard
        code, rrn = heard.get(39), heard.get(37)
        if code not in _REPEATED and rrn:
            by_rrn[rrn].add((code, heard.get(38), heard.get(4)))
    for rrn, outcomes in sorted(by_rrn.items()):
        if len(outcomes) > 1:
            answers = sorted(code for code, _, _ in outcomes)
            yield Finding(f"{rrn} was answered {' and '.join(answers)}", rrn=rrn)
    for row in history.end.rows:
        codes = {code for code, _, _ in by_rrn.get(row.record.rrn, ())}
        if _IN_DOUBT in codes and row.state is State.APPROVED and row.is_reversible:
            rrn = row.record.rrn
            yield Finding(f"{rrn} was answered 98 and stays approved", rrn=rrn)


def _by_request(history: History) -> Iterator[Finding]:
    approvals: dict[tuple[Place, str], set[str]] = defaultdict(set)
    for told in history.answers("0210"):
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
        elif told.heard.mti == "0210" and code in APPROVED and _place(told) in reversed_:
            what = f"{' '.join(_place(told))} was approved after its reversal"
            yield Finding(what, rrn=told.heard.get(37), step=told.step)


def _place(told: Told) -> Place:
    heard = told.heard
    return heard.get(41), heard.get(60)[2:8], heard.get(11)
