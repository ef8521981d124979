"""How often the matrix was at stake in a world (simulators/world): refused, and on which edge.

An edge is a midnight, a card's kind, or a reload: the same request would have been told otherwise
on the day before, or under the registry before.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Final

from routing.links import LinkClass
from simulators.checkers.answers.plans import covers
from simulators.checkers.answers.stages import judged, verdict
from simulators.world.history import FINANCIAL_ANSWERS, History
from switch.core.rules import Rule

STAGES: Final = (
    "refused by its stage",
    "refused for its card's kind",
    "refused, open from a day on",
    "open since this midnight",
    "closed since this midnight",
    "told otherwise since a reload",
    "reload between request and answer",
    "sent over 金保专网",
    "sent over 金保专网 since this midnight",
    "kept off 金保专网",
)
"""Counted where there is a registry, and only wanted of a profile of such worlds."""
_CARD: Final = "57"


def count_stages(history: History, counted: Counter[str]) -> None:
    """Count what the matrix had to decide."""
    first: dict[tuple[str, str, str], int] = {}
    for asked, refused in judged(history):
        first.setdefault(asked.key, asked.number)
        counted["refused by its stage"] += refused is not None
        if refused is not None:
            counted["refused for its card's kind"] += refused.code == _CARD
            counted["refused, open from a day on"] += refused.from_day is not None
        was = verdict(history, asked, asked.registry, _day_before(asked.day))
        if (was is None) != (refused is None):
            is_open = refused is None
            counted["open since this midnight" if is_open else "closed since this midnight"] += 1
        if asked.before is not None:
            old = verdict(history, asked, asked.before, asked.day)
            counted["told otherwise since a reload"] += (old is None) != (refused is None)
    _count_plans(history, counted)
    counted["reload between request and answer"] += _overtaken(history, first)


def _count_plans(history: History, counted: Counter[str]) -> None:
    """Count what went over 金保专网 by a plan, and what went another way for want of one."""
    gate = history.gate
    if gate is None or not gate.private:
        return
    for sent in gate.sent:
        counted["sent over 金保专网"] += 1
        is_new = covers(sent.registry, sent, sent.day) and not covers(
            sent.registry, sent, _day_before(sent.day)
        )
        counted["sent over 金保专网 since this midnight"] += is_new
    chosen = history.configuration.acquirers.values()
    if all(each.access is LinkClass.JINBAO for each in chosen):
        banks = set(gate.private.values())
        for row in history.end.rows:
            is_elsewhere = row.record.issuer in banks and row.record.link not in gate.private
            # What could not go there because the line was away went over the alternate.
            is_for_want = is_elsewhere and Rule.OVER_ALTERNATE not in row.record.trace
            counted["kept off 金保专网"] += is_for_want


def _day_before(day: int) -> int:
    before = date(day // 10_000, day // 100 % 100, day % 100) - timedelta(1)
    return before.year * 10_000 + before.month * 100 + before.day


def _overtaken(history: History, first: dict[tuple[str, str, str], int]) -> int:
    """Count the answers whose switch took another registry after it had the request."""
    reloads = history.gate.reloads if history.gate is not None else []
    found = 0
    for told in history.told if reloads else ():
        heard = told.heard
        since = first.get((heard.get(41), heard.get(60)[2:8], heard.get(11)))
        if since is not None and heard.mti in FINANCIAL_ANSWERS:
            found += any(by == told.by and since < at < told.number for at, by in reloads)
    return found
