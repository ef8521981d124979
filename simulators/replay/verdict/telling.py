"""What a replay found, for programs (simulators/replay): plain values, JUnit, a page.

Nothing here is unmasked: values come masked, and frames are shown field by field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from messages.dialects.dialect import Dialect
from messages.masking import HIDDEN
from simulators.replay.verdict.comparing import Comparer, Group, field_lines
from switch.report.junit import Case, junit
from switch.report.markup import Html
from switch.report.page import Page, Section, render
from switch.report.tables import Cell, Tile, Tone, facts, listed, paragraph, right, table, tiles

_US_PER_MS = 1_000
_HIDDEN_SHOWN = 8


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a report is made of."""

    trace: str
    target: str
    comparer: Comparer
    others: tuple[Comparer, ...] = ()
    names: tuple[str, str] = ("recorded", "answered")
    title: str = "Replay report 回放报告"
    made_by: str = "jinbao replay run"
    sent: int
    signed_on: int
    left_out: Mapping[str, int]
    unasked: int
    late: int = 0
    """Answers that came after they had been given up."""
    remarks: tuple[str, ...]
    seconds: float

    @property
    def is_good(self) -> bool:
        """Whether every answer came in time and once, and is explained."""
        return self.unexplained == self.unanswered == self.surplus == 0

    @property
    def comparers(self) -> tuple[Comparer, ...]:
        """All comparers, that of the terminals first."""
        return self.comparer, *self.others

    @property
    def compared(self) -> int:
        """How many were compared."""
        return sum(each.compared for each in self.comparers)

    @property
    def equal(self) -> int:
        """How many are as recorded."""
        return sum(each.equal for each in self.comparers)

    @property
    def unexplained(self) -> int:
        """How many differ, and nothing says that they may."""
        return sum(each.unexplained for each in self.comparers)

    @property
    def unanswered(self) -> int:
        """How many got no answer in time, and nothing says that they may not."""
        return sum(each.unanswered for each in self.comparers)

    @property
    def surplus(self) -> int:
        """How many answers nobody waits for, and nothing says that they may come."""
        return sum(each.surplus for each in self.comparers)

    @property
    def ungrouped(self) -> str:
        """A sentence about differences of more kinds than are told apart; empty without any."""
        count = sum(each.ungrouped for each in self.comparers)
        return f"{count} more differences, of further kinds than are told apart" if count else ""

    @property
    def verdict(self) -> str:
        """The outcome in one sentence."""
        left = sum(self.left_out.values())
        aside = f"; {left} were left out" if left else ""
        if self.is_good:
            return f"all {self.compared} are as recorded, or differ where they may{aside}"
        said = f"{self.unexplained} of {self.compared} differ without a reason"
        if self.unanswered:
            late = f" ({self.late} came late)" if self.late else ""
            said = f"{said}, {self.unanswered} got no answer in time{late}"
        if self.surplus:
            said = f"{said}, {self.surplus} answers came that nobody waits for"
        return said + aside


def groups_of(told: Told) -> list[tuple[Group, Dialect]]:
    """Return the kinds of difference, what nobody explains first, the most frequent first."""
    found = [
        (group, comparer.dialect)
        for comparer in told.comparers
        for group in comparer.groups.values()
    ]
    return sorted(found, key=lambda each: (bool(each[0].tolerated), -each[0].count))


def plain(told: Told) -> dict[str, Any]:
    """Return the report as plain values, for JSON."""
    comparer = told.comparer
    return {
        "trace": told.trace,
        "target": told.target,
        "good": told.is_good,
        "verdict": told.verdict,
        "sent": told.sent,
        "compared": told.compared,
        "equal": told.equal,
        "unexplained": told.unexplained,
        "unanswered": told.unanswered,
        "late_answers": told.late,
        "own_sign_ons": told.signed_on,
        "left_out": dict(told.left_out),
        "unasked_answers": told.unasked,
        "unexplained_unasked": told.surplus,
        "remarks": list(told.remarks),
        "seconds": round(told.seconds, 3),
        "latency": {"recorded": comparer.recorded.told(), "answered": comparer.answered.told()},
        "ungrouped": sum(each.ungrouped for each in told.comparers),
        "differences": [_plain_group(*each) for each in groups_of(told)],
    }


def _plain_group(group: Group, dialect: Dialect) -> dict[str, Any]:
    return {
        "kind": group.kind,
        "field": group.field,
        "recorded": group.recorded,
        "answered": group.answered,
        "tolerated": group.tolerated,
        "count": group.count,
        "example": {
            "request": field_lines(dialect, group.example.request),
            "recorded": field_lines(dialect, group.example.recorded),
            "answered": field_lines(dialect, group.example.answered),
        },
    }


def junit_cases(told: Told) -> str:
    """Return the report as JUnit XML: a case for every kind of difference, and one for the rest."""
    name = told.verdict if told.is_good else f"{told.equal} as recorded"
    cases = [
        Case(
            name=name, group="replay", told="\n".join(filter(None, (*told.remarks, told.ungrouped)))
        )
    ]
    for each, _ in groups_of(told):
        what = f"{told.names[0]} {each.recorded}, {told.names[1]} {each.answered}"
        failure = "" if each.tolerated else what
        told_why = f"{what}; tolerated: {each.tolerated}" if each.tolerated else ""
        title = f"{each.kind} field {each.field} ({each.count})"
        cases.append(Case(name=title, group="replay", failure=failure, told=told_why))
    return junit("replay", cases, told.seconds)


def page(told: Told) -> str:
    """Return the report as one HTML file that needs nothing else."""
    tone: Tone = "good" if told.is_good else "bad"
    figures = (
        *((Tile("Sent 已发送", str(told.sent)),) if told.sent else ()),
        Tile("Compared 已比对", str(told.compared)),
        Tile("As recorded 一致", str(told.equal), tone="good"),
        Tile("Unexplained 无法解释", str(told.unexplained), tone=tone),
        *((Tile("Unasked 多余应答", str(told.surplus), tone="bad"),) if told.surplus else ()),
        *((Tile("No answer 未应答", str(told.unanswered), tone="bad"),) if told.unanswered else ()),
    )
    named = (("trace", told.trace), ("target", told.target), ("seconds", f"{told.seconds:.1f}"))
    sections = [
        Section("Result 结果", (tiles(figures), facts(named), *_left_out(told))),
        Section("Waiting times 时延", (_latency(told),)),
    ]
    sections += [_group_section(*each, told.names) for each in groups_of(told)]
    return render(
        Page(
            title=told.title,
            subtitle=f"{told.trace} against {told.target}",
            verdict=told.verdict,
            tone=tone,
            sections=sections,
            made_by=told.made_by,
        )
    )


def _left_out(told: Told) -> tuple[Html, ...]:
    said = [f"{count} left out: {why}" for why, count in told.left_out.items()]
    said += [told.ungrouped] if told.ungrouped else []
    return (listed((*told.remarks, *said)),) if said or told.remarks else ()


def _latency(told: Told) -> Html:
    rows = []
    both = (told.comparer.recorded, told.comparer.answered)
    for name, spread in zip(told.names, both, strict=True):
        quantiles = [
            right(f"{spread.quantile_us(share) / _US_PER_MS:.1f}") for share in (0.5, 0.9, 0.99)
        ]
        rows.append(
            (name, spread.count, *quantiles, right(f"{spread.longest_us / _US_PER_MS:.1f}"))
        )
    return table(("run", "answers", "p50 ms", "p90 ms", "p99 ms", "longest ms"), rows)


def _group_section(group: Group, dialect: Dialect, names: tuple[str, str]) -> Section:
    recorded = field_lines(dialect, group.example.recorded)
    answered = field_lines(dialect, group.example.answered)
    request = field_lines(dialect, group.example.request)
    rows = []
    for name in sorted({*request, *recorded, *answered}, key=_by_number):
        one, other = recorded.get(name, ""), answered.get(name, "")
        tone = "plain" if one == other else "warn"
        words = ""
        if name.isdigit() and (field := dialect.fields[int(name)]) is not None:
            words = field.words.en
        one, other = _short(one), _short(other)
        cells = (Cell(one, "warn"), Cell(other, "warn")) if tone == "warn" else (one, other)
        rows.append((name, words, _short(request.get(name, "")), *cells))
    why = f"tolerated: {group.tolerated}" if group.tolerated else "nothing explains it"
    told = f"{names[0]} {group.recorded}, {names[1]} {group.answered}; {why}"
    return Section(
        f"{group.kind}: field {group.field}, {group.count} times",
        (
            paragraph(told, "plain" if group.tolerated else "bad"),
            table(("DE", "what", "request", *names), rows, "The first example"),
        ),
    )


def _by_number(name: str) -> tuple[int, str]:
    """Put the MTI and what is no field first, then the fields in their order."""
    return (int(name), "") if name.isdecimal() else (0, name)


def _short(text: str) -> str:
    """Return what is hidden in few characters: a hundred asterisks push the others off the page."""
    if len(text) <= _HIDDEN_SHOWN or text.strip(HIDDEN):
        return text
    return f"{HIDDEN * _HIDDEN_SHOWN} ({len(text)} hidden)"
