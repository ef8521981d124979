"""A conformance report as one HTML file (simulators/conformance): filtered, foldable, printable.

Everything in it comes from the evidence, which is masked already; nothing is loaded from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from messages.dialects.dialect import Dialect, Layout, Part, Words
from messages.dialects.loader import SpecError, load_dialect
from simulators.conformance.evidence.chain import Record
from simulators.conformance.evidence.report import CaseLine, Finding, Line, Report, Verdict
from simulators.conformance.judging.host import STRANGER
from switch.report.markup import Html, joined, tag
from switch.report.page import Page, Section, render
from switch.report.tables import Cell, Tile, Tone, facts, paragraph, table, tiles

_TONES: Final[Mapping[str, Tone]] = {
    "pass": "good", "fail": "bad", "warn": "warn", "open": "plain",
}  # fmt: skip
_WORDS: Final[Mapping[Verdict, str]] = {
    "pass": "pass 通过", "fail": "fail 不通过", "warn": "should 建议", "open": "not seen 未涉及",
}  # fmt: skip
_STYLE: Final = """
.filters { display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0 14px; }
.filters button { font: inherit; border: 1px solid var(--line); border-radius: 99px;
  padding: 3px 14px; background: var(--paper); color: var(--ink); cursor: pointer; }
.filters button[aria-pressed=true] { background: var(--lead); color: #fff; }
.line { border: 1px solid var(--line); border-left: 4px solid #93a4b8; border-radius: 6px;
  padding: 6px 12px; margin: 6px 0; break-inside: avoid; }
.line.good { border-left-color: var(--good); } .line.bad { border-left-color: var(--bad); }
.line.warn { border-left-color: var(--warn); } .line, .line summary { color: var(--ink); }
.line summary { font-weight: 500; } .line .id { font-weight: 650; margin-right: 6px; }
.line .mark { float: right; font-size: 13px; font-weight: 650; margin-left: 12px; }
.mark.good { color: var(--good); } .mark.bad { color: var(--bad); }
.mark.warn { color: var(--warn); } .line .zh { color: var(--soft); }
.hex { font: 12px/1.6 ui-monospace, "Noto Sans Mono", monospace; overflow-wrap: anywhere;
  background: var(--back); border-radius: 6px; padding: 8px 10px; margin: 6px 0; }
[hidden] { display: none !important; } .line:target { outline: 2px solid var(--lead); }
@media print { .filters { display: none; } .line { padding: 2px 8px; margin: 3px 0; } }
"""
_SCRIPT: Final = """
const lines = [...document.querySelectorAll(".line[data-verdict]")];
for (const button of document.querySelectorAll(".filters button")) {
  button.addEventListener("click", () => {
    const wanted = button.dataset.wanted;
    for (const other of button.parentElement.children)
      other.setAttribute("aria-pressed", String(other === button));
    for (const line of lines)
      line.hidden = wanted !== "all" && line.dataset.verdict !== wanted;
    for (const head of document.querySelectorAll("h3.area")) {
      let next = head.nextElementSibling;
      while (next && next.hidden) next = next.nextElementSibling;
      head.hidden = !next || next.matches("h3.area");
    }
  });
}
const show = () => {
  const target = location.hash && document.querySelector(location.hash);
  if (target) { target.hidden = false; target.open = true; target.scrollIntoView(); }
};
addEventListener("hashchange", show); show();
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")].filter(
    (each) => !each.hidden && each.querySelector(".findings"));
  for (const each of folded) each.open = true;
});
addEventListener("afterprint", () => { for (const each of folded) each.open = false; });
document.documentElement.dataset.ready = "yes";
"""
_MOST_FRAMES: Final = 2_000
"""Frames that a page shows; the evidence has all of them."""
_NUMBER: Final = re.compile(r"[0-9]+")


def page(report: Report) -> str:
    """Return the report as one HTML file that needs nothing else."""
    figures = [
        Tile("Requirements 要求", str(len(report.lines)), "must and should"),
        Tile("Pass 通过", str(report.count("pass")), tone="good"),
        Tile("Fail 不通过", str(report.count("fail")),
             tone="bad" if report.count("fail") else "plain"),
        Tile("Should 建议", str(report.count("warn")), "broken, not binding",
             "warn" if report.count("warn") else "plain"),
        Tile("Not seen 未涉及", str(report.count("open"))),
    ]  # fmt: skip
    start = report.start
    role = "host" if start.get("role") == "host" else "terminal"
    named = (
        ("begun 开始", str(start.get("at", ""))),
        ("terminals 终端", ", ".join(sorted({c.terminal for c in report.cases}))),
        ("driven by 操作", str(start.get("drives", ""))),
        ("requirements and cases 规则集", str(start.get("suite", ""))[:16]),
        ("not judged 未判定", _strangers(report)),
        ("last hash 末条哈希", str(report.records[-1].get("hash", "")) if report.records else ""),
    )
    sections = [
        Section("Result 结果", (Html(f"<style>{_STYLE}</style>"), tiles(figures), facts(named))),
        Section("Requirements 要求", (_filters(report), *_areas(report))),
        Section("Cases 案例", (_cases(report.cases),)),
        Section("Evidence 证据", (*_frames(report), Html(f"<script>{_SCRIPT}</script>"))),
    ]
    return render(
        Page(
            title="Conformance report 一致性测试报告",
            subtitle=f"Which rules of its dialect a {role} keeps, with the bytes that show it",
            verdict=report.sentence,
            tone=_TONES[report.verdict],
            sections=sections,
            made_by="jinbao conform",
        )
    )


def _strangers(report: Report) -> str:
    """Return how many connections gave nothing readable: they count for no verdict."""
    count = sum(str(r.get("words", "")).startswith(STRANGER) for r in report.records)
    return f"{count} connections on which nothing readable came" if count else "–"


def _filters(report: Report) -> Html:
    counts = [("all", "all 全部", len(report.lines))]
    counts += [(name, words, report.count(name)) for name, words in _WORDS.items()]
    buttons = (
        tag(
            "button",
            f"{words} {count}",
            type="button",
            data_wanted=name,
            aria_pressed="true" if name == "all" else "false",
        )
        for name, words, count in counts
    )
    return tag("div", joined(buttons), class_="filters")


def _areas(report: Report) -> Iterator[Html]:
    area = ""
    for line in report.lines:
        if line.requirement.area != area:
            area = line.requirement.area
            yield tag("h3", area, class_="area")
        yield _line(line)


def _line(line: Line) -> Html:
    requirement, tone = line.requirement, _TONES[line.verdict]
    mark = tag("span", _WORDS[line.verdict], class_=f"mark {tone}")
    summary = tag(
        "summary",
        joined((mark, tag("span", requirement.id, class_="id"), requirement.en, " ",
                tag("span", requirement.zh, class_="zh"))),
    )  # fmt: skip
    kept = f"{line.count} times" if line.count else "never"
    if line.kept_in:
        kept += f", first in record {line.kept_in}"
    told = [
        facts((("level", requirement.level), ("source", requirement.source), ("kept", kept))),
    ]
    if line.findings:
        told.append(_findings(line.findings))
    return tag(
        "details",
        joined((summary, *told)),
        class_=f"line {tone}",
        id=requirement.id,
        data_verdict=line.verdict,
        open="open" if line.verdict == "fail" else False,
    )


def _findings(findings: tuple[Finding, ...]) -> Html:
    rows = (
        (
            Html(f'<a href="#r{finding.record}">{finding.record}</a>'),
            finding.terminal or "–",
            finding.case,
            finding.field or "–",
            "–" if finding.offset < 0 else str(finding.offset),
            finding.expected,
            Cell(finding.found, "bad"),
        )
        for finding in findings
    )
    columns = ("record", "terminal", "case", "field", "byte", "expected", "found")
    return tag("div", table(columns, rows), class_="findings")


def _cases(cases: tuple[CaseLine, ...]) -> Html:
    rows = (
        (
            Cell(_WORDS[each.verdict], _TONES[each.verdict]),
            each.case.id,
            f"{each.case.en} {each.case.zh}",
            each.terminal,
            ", ".join(each.broken) or "–",
        )
        for each in cases
    )
    return table(("verdict", "case", "what", "terminal", "broken"), rows)


def _frames(report: Report) -> Iterator[Html]:
    shown = 0
    for record in report.records:
        if "frame" not in record and not record.get("broken"):
            continue
        shown += 1
        if shown > _MOST_FRAMES:
            yield paragraph(f"The evidence has more than {_MOST_FRAMES} frames; the rest is there.")
            return
        yield _frame(record)


def _frame(record: Record) -> Html:
    broken = [str(each["requirement"]) for each in record.get("broken", ())]
    words = [
        f"{record['n']}",
        str(record.get("at", ""))[11:23],
        str(record.get("what", "")),
        f"{record.get('mti', '')} {record.get('transaction', '')}".strip(),
        str(record.get("case", "")),
        str(record.get("words", "")),
    ]
    mark = tag("span", " ".join(broken), class_="mark bad") if broken else Html()
    summary = tag("summary", joined((mark, " · ".join(word for word in words if word))))
    body: list[Html] = []
    if "frame" in record:
        body.append(tag("div", str(record["frame"]), class_="hex"))
    if "fields" in record:
        body.append(_fields(record))
    for each in record.get("broken", ()):
        told = f"{each['requirement']}: field {each.get('field', '–')}: expected "
        body.append(
            paragraph(f"{told}{each.get('expected', '')}; found {each.get('found', '')}", "bad")
        )
    tone = "bad" if broken else ""
    return tag(
        "details", joined((summary, *body)), class_=f"line {tone}".strip(), id=f"r{record['n']}"
    )


def _fields(record: Record) -> Html:
    dialect = _dialect(str(record.get("dialect", "")))
    rows: list[tuple[object, ...]] = [
        (head, f"{head} {part}", value, "")
        for head, parts in record.get("heads", {}).items()
        for part, value in parts.items()
    ]
    for path, value in record["fields"].items():
        words, meaning = _meaning(dialect, path, str(value))
        rows.append((path, words, value, meaning))
    return table(("DE", "what", "value", "meaning"), rows)


def _dialect(name: str) -> Dialect | None:
    try:
        return load_dialect(name) if name else None
    except SpecError:
        return None


def _meaning(dialect: Dialect | None, path: str, value: str) -> tuple[str, str]:
    number = _NUMBER.match(path)
    if dialect is None or number is None:
        return "", ""
    field = dialect.fields[int(number[0])]
    if field is None:
        return "", ""
    if path == number[0]:
        return _both(field.words), _both(field.values.get(value))
    for layout in dialect.layouts.get(int(number[0]), ()):
        found = _in_layout(layout, path)
        if found is not None:
            words, values = found
            return _both(words), _both(values.get(value))
    return "", ""


def _in_layout(layout: Layout, path: str) -> tuple[Words, Mapping[str, Words]] | None:
    plain = re.sub(r"\[[0-9]+\]", "", path)
    tag_name = plain.rpartition(".")[2]
    if tag_name in layout.tags:
        found = layout.tags[tag_name]
        return found.words, found.values
    return _in_parts(layout.parts, plain)


def _in_parts(parts: tuple[Part, ...], path: str) -> tuple[Words, Mapping[str, Words]] | None:
    for part in parts:
        if part.path == path:
            return part.words, part.values
        inner = _in_parts(part.parts, path)
        if inner is not None:
            return inner
    return None


def _both(words: Words | None) -> str:
    return "" if words is None else f"{words.en} {words.zh}"
