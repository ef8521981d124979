"""The frame of every report (switch/report): one HTML file that needs nothing from elsewhere.

A page says its language, carries its style and script inside, loads nothing, and prints well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from switch.report.charts import script
from switch.report.markup import Html, Language, joined, said, tag, text
from switch.report.tables import Tone

_POLICY: Final = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
_IMAGES: Final = "img-src data: blob:"
_STYLE: Final = """
:root { color-scheme: light; --ink: #1f2937; --soft: #6b7280; --line: #e5e7eb; --paper: #fff;
  --back: #f3f4f6; --good: #047857; --bad: #b91c1c; --warn: #b45309; --lead: #1e3a5f; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); line-height: 1.5; font: 15px/1.5
  system-ui, "Segoe UI", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; }
header.top { background: var(--lead); color: #fff; padding: 28px max(24px, calc(50% - 560px)); }
header.top h1 { margin: 0; font-size: 26px; font-weight: 650; }
header.top p { margin: 4px 0 0; opacity: .85; }
.verdict { display: inline-block; margin: 14px 0 0; padding: 6px 14px; border-radius: 6px;
  background: #fff; font-weight: 650; }
main { max-width: 1168px; margin: 0 auto; padding: 20px 24px 48px; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 10px;
  padding: 18px 22px; margin: 18px 0; }
h2 { margin: 0 0 10px; font-size: 19px; } h3 { margin: 14px 0 4px; font-size: 15px; }
p { margin: 6px 0; } ul { margin: 6px 0; padding-left: 22px; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(210px, 1fr)); gap: 12px; }
.tile { border: 1px solid var(--line); border-left: 4px solid #93a4b8; border-radius: 8px;
  padding: 10px 14px; color: var(--ink); background: var(--paper); }
.tile.good { border-left-color: var(--good); } .tile.bad { border-left-color: var(--bad); }
.tile.warn { border-left-color: var(--warn); }
.tile .name, .tile .note { display: block; color: var(--soft); font-size: 13px; }
.tile strong { display: block; font-size: 23px; font-weight: 650;
  font-variant-numeric: tabular-nums; }
.tile.bad strong { color: var(--bad); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 8px 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: 4px; }
th, td { text-align: left; padding: 6px 10px; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { color: var(--soft); font-weight: 600; font-size: 13px; white-space: nowrap; }
td.right, th.right { text-align: right; white-space: nowrap; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 8px 0; }
dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
figure.chart { margin: 14px 0 4px; } figcaption { color: var(--soft); font-size: 13px; }
pre { background: var(--back); border-radius: 6px; padding: 12px; overflow-x: auto; font-size: 13px;
  white-space: pre-wrap; overflow-wrap: anywhere; }
ol.acts { list-style: none; margin: 0; padding: 0; }
.act { border-left: 4px solid var(--line); padding: 6px 0 6px 16px; margin: 16px 0;
  break-inside: avoid; }
.act.good { border-color: var(--good); } .act.warn { border-color: var(--warn); }
.act.bad { border-color: var(--bad); }
.act .head { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; }
.act .head .number { color: var(--soft); min-width: 1.5em; }
.act .head .good, .act .head .warn, .act .head .bad { font-weight: 600; font-size: 13px;
  border: 1px solid; border-radius: 99px; padding: 1px 10px; }
.act, .act .head strong { color: var(--ink); } .act .story { margin: 2px 0; }
.act dl.facts { font-size: 13px; margin: 4px 0; }
.cap { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; font-size: 13px;
  color: var(--soft); }
.bar { width: 220px; height: 8px; border-radius: 4px; background: var(--line); overflow: hidden;
  print-color-adjust: exact; }
.bar > span { display: block; height: 100%; background: var(--lead); }
details > summary { cursor: pointer; font-weight: 600; }
footer { max-width: 1168px; margin: 0 auto; padding: 0 24px 32px; color: var(--soft);
  font-size: 13px; }
@page { size: A4; margin: 14mm 12mm; }
@media print { body { background: #fff; } main, header.top, footer { padding: 6px 0; }
  section { border: 0; padding: 8px 0; margin: 8px 0; } h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; } table { font-size: 11px; } th { white-space: normal; }
  th, td { padding: 3px 4px; font-size: 11px; }
  th.right { white-space: normal; } thead { display: table-header-group; }
  tr, .tile { break-inside: avoid; }
  .tiles { grid-template-columns: repeat(4, 1fr); gap: 6px; } .tile { padding: 4px 8px; }
  .tile strong { font-size: 17px; } .tile .name, .tile .note { font-size: 11px; }
  header.top { color: var(--ink); background: #fff; border-bottom: 2px solid var(--lead); }
  figure.chart { break-inside: avoid; } .verdict { border: 1px solid var(--line); } }
"""
_DRAW: Final = """
for (const figure of document.querySelectorAll("figure.chart")) {
  const told = JSON.parse(figure.querySelector("script").textContent);
  Plotly.newPlot(figure.querySelector(".plot"), told.data, told.layout,
    {responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d"]});
}
const plots = document.querySelectorAll("figure.chart .plot");
addEventListener("beforeprint", () => plots.forEach((p) => Plotly.relayout(p, {width: 680})));
addEventListener("afterprint", () =>
  plots.forEach((p) => Plotly.relayout(p, {width: null, autosize: true})));
document.documentElement.dataset.drawn = "yes";
"""


class Section(msgspec.Struct, frozen=True):
    """A heading and what stands below it, in order."""

    heading: str
    blocks: Sequence[Html]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A whole report. `verdict` is one sentence, and `tone` the colour that goes with it."""

    title: str
    subtitle: str = ""
    verdict: str = ""
    tone: Tone = "plain"
    sections: Sequence[Section]
    made_by: str = ""
    language: Language = "en"


def render(page: Page) -> str:
    """Return the file's text."""
    body = joined(
        (
            _top(page),
            tag("main", joined(_section(section) for section in page.sections)),
            tag("footer", _foot(page)),
        )
    )
    has_charts = '<figure class="chart">' in body
    scripts = f"<script>{script()}</script><script>{_DRAW}</script>" if has_charts else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{"zh-CN" if page.language == "zh" else "en"}">\n<head>'
        f'<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}{_IMAGES}">\n'
        f"<title>{text(page.title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n{scripts}\n</body>\n</html>\n"
    )


def _top(page: Page) -> Html:
    parts = [tag("h1", page.title)]
    if page.subtitle:
        parts.append(tag("p", page.subtitle))
    if page.verdict:
        parts.append(tag("div", page.verdict, class_=f"verdict {page.tone}"))
    return tag("header", joined(parts), class_="top")


def _section(section: Section) -> Html:
    return tag("section", joined((tag("h2", section.heading), *section.blocks)))


def _foot(page: Page) -> str:
    made = said(page.language, "Made by", "生成者")
    return f"{made} {page.made_by}" if page.made_by else ""
