"""What a replay found, for programs (simulators/replay): plain values, JUnit, a page.

Nothing here is unmasked: values come masked, and frames are shown field by field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from messages.dialects.dialect import Dialect
from simulators.replay.verdict.comparing import Comparer, Group, field_lines
from switch.report.junit import Case, junit
from switch.report.markup import Html
from switch.report.page import Page, Section, render
from switch.report.tables import Cell, Tile, Tone, facts, listed, paragraph, right, table, tiles

_US_PER_MS = 1_000


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a report is made of."""

    trace: str
    target: str
    comparer: Comparer
    sent: int
    signed_on: int
    left_out: Mapping[str, int]
    unasked: int
    remarks: tuple[str, ...]
    seconds: float

    @property
    def is_good(self) -> bool:
        """Whether every request was sent and every answer explained."""
        return self.comparer.unexplained == 0

    @property
    def verdict(self) -> str:
        """The outcome in one sentence."""
        comparer = self.comparer
        if self.is_good:
            return f"all {comparer.compared} answers are as recorded, or differ where they may"
        return f"{comparer.unexplained} of {comparer.compared} answers differ without a reason"


def groups_of(comparer: Comparer) -> list[Group]:
    """Return the kinds of difference, what nobody explains first, the most frequent first."""
    return sorted(comparer.groups.values(), key=lambda each: (bool(each.tolerated), -each.count))


def plain(told: Told) -> dict[str, Any]:
    """Return the report as plain values, for JSON."""
    comparer, dialect = told.comparer, told.comparer.dialect
    return {
        "trace": told.trace,
        "target": told.target,
        "good": told.is_good,
        "verdict": told.verdict,
        "sent": told.sent,
        "compared": comparer.compared,
        "equal": comparer.equal,
        "unexplained": comparer.unexplained,
        "own_sign_ons": told.signed_on,
        "left_out": dict(told.left_out),
        "unasked_answers": told.unasked,
        "remarks": list(told.remarks),
        "seconds": round(told.seconds, 3),
        "latency": {"recorded": comparer.recorded.told(), "answered": comparer.answered.told()},
        "differences": [_plain_group(each, dialect) for each in groups_of(comparer)],
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
    name = told.verdict if told.is_good else f"{told.comparer.equal} answers as recorded"
    cases = [Case(name=name, group="replay", told="\n".join(told.remarks))]
    for each in groups_of(told.comparer):
        what = f"recorded {each.recorded}, answered {each.answered}"
        failure = "" if each.tolerated else what
        told_why = f"{what}; tolerated: {each.tolerated}" if each.tolerated else ""
        title = f"{each.kind} field {each.field} ({each.count})"
        cases.append(Case(name=title, group="replay", failure=failure, told=told_why))
    return junit("replay", cases, told.seconds)


def page(told: Told) -> str:
    """Return the report as one HTML file that needs nothing else."""
    comparer = told.comparer
    tone: Tone = "good" if told.is_good else "bad"
    figures = (
        Tile("Sent 已发送", str(told.sent)),
        Tile("Compared 已比对", str(comparer.compared)),
        Tile("As recorded 一致", str(comparer.equal), tone="good"),
        Tile("Unexplained 无法解释", str(comparer.unexplained), tone=tone),
    )
    named = (("trace", told.trace), ("target", told.target), ("seconds", f"{told.seconds:.1f}"))
    sections = [
        Section("Result 结果", (tiles(figures), facts(named), *_left_out(told))),
        Section("Waiting times 时延", (_latency(comparer),)),
    ]
    sections += [_group_section(each, comparer.dialect) for each in groups_of(comparer)]
    return render(
        Page(
            title="Replay report 回放报告",
            subtitle=f"{told.trace} against {told.target}",
            verdict=told.verdict,
            tone=tone,
            sections=sections,
            made_by="jinbao replay run",
        )
    )


def _left_out(told: Told) -> tuple[Html, ...]:
    said = [f"{count} left out: {why}" for why, count in told.left_out.items()]
    return (listed((*told.remarks, *said)),) if said or told.remarks else ()


def _latency(comparer: Comparer) -> Html:
    rows = []
    for name, spread in (("recorded", comparer.recorded), ("answered", comparer.answered)):
        quantiles = [
            right(f"{spread.quantile_us(share) / _US_PER_MS:.1f}") for share in (0.5, 0.9, 0.99)
        ]
        rows.append(
            (name, spread.count, *quantiles, right(f"{spread.longest_us / _US_PER_MS:.1f}"))
        )
    return table(("run", "answers", "p50 ms", "p90 ms", "p99 ms", "longest ms"), rows)


def _group_section(group: Group, dialect: Dialect) -> Section:
    recorded = field_lines(dialect, group.example.recorded)
    answered = field_lines(dialect, group.example.answered)
    request = field_lines(dialect, group.example.request)
    rows = []
    for name in dict.fromkeys((*request, *recorded, *answered)):
        one, other = recorded.get(name, ""), answered.get(name, "")
        tone = "plain" if one == other else "warn"
        words = ""
        if name.isdigit() and (field := dialect.fields[int(name)]) is not None:
            words = field.words.en
        cells = (Cell(one, "warn"), Cell(other, "warn")) if tone == "warn" else (one, other)
        rows.append((name, words, request.get(name, ""), *cells))
    why = f"tolerated: {group.tolerated}" if group.tolerated else "nothing explains it"
    told = f"recorded {group.recorded}, answered {group.answered}; {why}"
    return Section(
        f"{group.kind}: field {group.field}, {group.count} times",
        (
            paragraph(told, "plain" if group.tolerated else "bad"),
            table(("DE", "what", "request", "recorded", "answered"), rows, "The first example"),
        ),
    )
