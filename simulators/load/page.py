"""The report of a load run as one HTML file (simulators/load), in Chinese or English.

Words first, then charts over time with the faults marked, then everything that somebody needs who
wants to repeat the run.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

import msgspec

from simulators.load.drawings import Drawings
from simulators.load.measuring.histograms import merged
from simulators.load.measuring.results import OUTCOMES, Cell, Result
from simulators.load.measuring.verdict import headline
from switch.report.charts import Axis, Chart, Series, figure
from switch.report.markup import Html, Language, joined, tag
from switch.report.page import Page, Section, render
from switch.report.tables import Cell as Shown
from switch.report.tables import Tile, Tone, facts, listed, paragraph, right, table, tiles

_SHANGHAI: Final = timezone(timedelta(hours=8))
_SHOWN: Final = (50.0, 90.0, 99.0, 99.9, 100.0)


def report(result: Result, language: Language = "en") -> str:
    """Return the file's text."""
    return _Writer(result, language).text()


class _Writer(Drawings):
    """One report in one language."""

    def text(self) -> str:
        result, scenario = self.result, self.scenario
        is_good = result.is_good
        tone: Tone = "good" if is_good else "warn" if result.invalid else "bad"
        loop = (
            self.said("open loop", "开环")
            if scenario.loop == "open"
            else self.said(
                "CLOSED LOOP: a slow host slows the load and hides its own latency",
                "闭环：主机变慢会降低负载并掩盖自身延迟",
            )
        )
        began = datetime.fromtimestamp(result.started_utc_ms / 1_000, _SHANGHAI)
        sections = [self._headlines(), self._over_time(), self._percentiles(), self._ends()]
        sections += [self._links(), self._generator(), self._books(), self._repeat()]
        return render(
            Page(
                title=self.said(f"Load: {scenario.name}", f"压力测试：{scenario.name}"),
                subtitle=f"{result.target} · {loop} · {began:%Y-%m-%d %H:%M:%S} +08",
                verdict=headline(result, self.language),
                tone=tone,
                sections=sections,
                made_by=f"jinbao {result.machine.jinbao}",
                language=self.language,
            )
        )

    # ------------------------------------------------------------------------------- headlines

    def _headlines(self) -> Section:
        s, result = self.said, self.result
        blocks = [tiles([*self._speeds(), *self._troubles()])]
        if result.invalid:
            blocks.append(
                paragraph(
                    s(
                        "The generator was the bottleneck, or lost a worker: these figures are not "
                        "those of the system under test.",
                        "瓶颈在负载发生器（或有进程丢失）：以下数据不代表被测系统。",
                    ),
                    "warn",
                )
            )
            blocks.append(listed(result.invalid))
        if result.judged:
            rows = [
                [
                    each["text"],
                    right(str(each["shown"])),
                    Shown(s("kept", "达标"), "good")
                    if each["is_kept"]
                    else Shown(s("broken", "未达标"), "bad"),
                ]
                for each in result.judged
            ]
            columns = [s("Threshold", "阈值"), s("Measured", "实测"), ""]
            blocks.append(table(columns, rows))
        return Section(s("Result", "结果"), blocks)

    def _speeds(self) -> list[Tile]:
        s = self.said
        intended = merged(cell.intended for cell in self.cells)
        measured_s = max(0.001, self.scenario.seconds - self.scenario.warm_up_s)
        asked = len(intended) / measured_s
        answered = sum(_answered(cell) for cell in self.cells) / measured_s
        since = s("from the intended moment", "自计划时刻")
        share = f"{answered / max(asked, 1e-9):.2%}"
        return [
            Tile(s("Asked", "要求速率"), f"{asked:,.1f}/s", s("after warm-up", "预热后")),
            Tile(s("Answered", "应答速率"), f"{answered:,.1f}/s", share),
            *(Tile(f"p{p:g}", _ms(intended.percentile_ms(p)), since) for p in (50.0, 99.0, 99.9)),
        ]

    def _troubles(self) -> list[Tile]:
        s, accounts = self.said, self.result.whole.accounts
        errors = sum(sum(cell.outcomes.values()) - _answered(cell) for cell in self.cells)
        owed = accounts.owed + accounts.unresolved
        return [
            Tile(
                s("Without an answer", "无应答"),
                f"{errors:,}",
                s("or with a wrong one", "或应答错误"),
                "bad" if errors else "good",
            ),
            Tile(
                s("Waited for a terminal", "等待空闲终端"),
                f"{accounts.waited:,}",
                s("their waiting counts", "等待计入延迟"),
                "warn" if accounts.waited else "plain",
            ),
            Tile(
                s("Reversals", "冲正"),
                f"{accounts.reversed:,}",
                s(f"{owed} not settled", f"{owed} 笔未了结"),
                "bad" if owed else "plain",
            ),
        ]

    # ------------------------------------------------------------------------------- over time

    def _over_time(self) -> Section:
        charts = (self.latency(), self.rates(), self.ends_over_time(), self.against())
        return Section(self.said("Over time", "随时间变化"), [figure(chart) for chart in charts])

    # ----------------------------------------------------------------------------- percentiles

    def _percentiles(self) -> Section:
        s = self.said
        rows = []
        for cell in self.cells:
            for name, tally in (
                (s("intended", "计划"), cell.intended),
                (s("actual", "实际"), cell.actual),
                (s("added", "增加"), cell.added),
            ):
                if tally.counts:
                    figures = [right(_ms(tally.percentile_ms(p))) for p in _SHOWN]
                    rows.append([cell.kind, cell.link, name, len(tally), *figures])
        columns = [
            s("Transaction", "交易"),
            s("Link", "链路"),
            s("Counted from", "起点"),
            s("Count", "笔数"),
            "p50",
            "p90",
            "p99",
            "p99.9",
            s("max", "最大"),
        ]
        note = s(
            "Both are measured, neither is corrected: waiting for a free terminal and late sending "
            "are in the first and not in the second. What ended without an answer counts with the "
            "time until it was given up.",
            "两者均为实测，不作任何校正：等待空闲终端与发送延误计入前者，不计入后者。"
            "没有应答的交易按放弃之前的时间计入。",
        )
        return Section(
            s("Latency", "延迟"),
            [figure(self.percentile_curve()), table(columns, rows), paragraph(note)],
        )

    # ------------------------------------------------------------------------------------ ends

    def _ends(self) -> Section:
        s = self.said
        codes: dict[str, int] = {}
        ends: dict[str, int] = {}
        for cell in self.cells:
            for code, count in cell.codes.items():
                codes[code] = codes.get(code, 0) + count
            for name, count in cell.outcomes.items():
                ends[name] = ends.get(name, 0) + count
        total = max(1, sum(ends.values()))
        shown = sorted(codes)
        chart = Chart(
            title=s("Response codes (DE 39)", "应答码（域39）"),
            x=Axis(title="", ticks=[(number, code) for number, code in enumerate(shown)]),
            y=Axis(title=s("answers", "应答数"), is_log=len(shown) > 1),
            series=[
                Series(
                    name=s("answers", "应答数"),
                    x=list(range(len(shown))),
                    y=[codes[code] for code in shown],
                    shape="bars",
                )
            ],
            height=260,
        )
        rows = [
            [self.end_name(n), ends[n], right(f"{ends[n] / total:.3%}")]
            for n in OUTCOMES
            if n in ends
        ]
        side = [
            [name.replace("_", " ").replace(".", ": "), count]
            for name, count in sorted(self.result.whole.accounts.side.items())
        ]
        blocks = [figure(chart)] if shown else []
        blocks.append(table([s("End", "结果"), s("Count", "笔数"), s("Share", "占比")], rows))
        if side:
            caption = s("What nobody intended: it came by itself", "非计划交易（自动产生）")
            blocks.append(table([s("Message", "报文"), s("Count", "笔数")], side, caption))
        return Section(s("Answers", "应答"), blocks)

    # ----------------------------------------------------------------------------------- links

    def _links(self) -> Section:
        s = self.said
        names = sorted({cell.link for cell in self.cells})
        rows = []
        for name in names:
            cells = [cell for cell in self.cells if cell.link == name]
            tally = merged(cell.intended for cell in cells)
            total = sum(sum(cell.outcomes.values()) for cell in cells)
            approved = sum(cell.outcomes.get("approved", 0) for cell in cells)
            rows.append(
                [
                    name,
                    total,
                    right(f"{approved / max(1, total):.2%}"),
                    right(_ms(tally.percentile_ms(50))),
                    right(_ms(tally.percentile_ms(99))),
                ]
            )
        columns = [s("Link", "链路"), s("Count", "笔数"), s("Approved", "批准"), "p50", "p99"]
        return Section(s("Links", "链路"), [figure(self.by_link()), table(columns, rows)])

    # ------------------------------------------------------------------------------- generator

    def _generator(self) -> Section:
        s, health = self.said, self.result.whole.health
        told = facts(
            [
                (s("Workers", "进程数"), len(self.result.parts)),
                (
                    s("Busy", "忙碌"),
                    f"{health.busy:.0%} ({s('busiest second', '最忙一秒')} {health.busiest:.0%})",
                ),
                (s("Sent late, p99", "发送延误 p99"), _ms(health.late.percentile_ms(99))),
                (s("Loop behind, p99", "循环滞后 p99"), _ms(health.loop_lag.percentile_ms(99))),
                (s("Core given to others", "内核被占用"), f"{health.away_s:.2f} s"),
                (s("CPU a transaction", "每笔CPU"), f"{health.cpu_us:.1f} µs"),
                (s("Memory", "内存"), f"{health.peak_rss_mib:.0f} MiB"),
                (
                    s("Verdict", "结论"),
                    s("valid", "有效") if self.result.is_valid else s("INVALID", "无效"),
                ),
            ]
        )
        return Section(s("Generator health", "发生器健康"), [figure(self.generator()), told])

    def _books(self) -> Section:
        s = self.said
        rows = [
            [
                check.name,
                Shown(s("holds", "成立"), "good")
                if check.holds
                else Shown(s("BROKEN", "不成立"), "bad"),
                check.said,
            ]
            for check in self.result.checks
        ]
        columns = [s("Promise", "承诺"), "", s("Found", "结果")]
        return Section(s("Books after the run", "运行后账务核对"), [table(columns, rows)])

    def _repeat(self) -> Section:
        s, result, machine = self.said, self.result, self.result.machine
        told = facts(
            [
                (s("Seed", "随机种子"), self.scenario.seed),
                (s("Generator machine", "发生器所在机器"), machine.host),
                (s("CPU", "CPU"), f"{machine.cpu} × {machine.cores}"),
                (s("Memory", "内存"), f"{machine.memory_gib} GiB"),
                (s("System", "系统"), machine.system),
                ("Python", machine.python),
                ("jinbao", machine.jinbao),
                (s("Notes", "备注"), "; ".join(result.whole.notes)),
            ]
        )
        text = msgspec.json.format(msgspec.json.encode(result.scenario), indent=2).decode()
        scenario = tag("details", joined((tag("summary", s("The scenario", "场景")), _pre(text))))
        return Section(s("To repeat it", "重现方法"), [told, scenario])


def _pre(text: str) -> Html:
    # A page's text has no line breaks of its own: these are the layout of JSON.
    lines = [tag("span", line) for line in text.splitlines()]
    return Html("<pre>" + "\n".join(lines) + "</pre>")


def _answered(cell: Cell) -> int:
    return cell.outcomes.get("approved", 0) + cell.outcomes.get("declined", 0)


def _ms(value: float) -> str:
    if value >= 10_000:  # noqa: PLR2004 - ten seconds
        return f"{value / 1_000:,.1f} s"
    return f"{value:.3g} ms" if value < 100 else f"{value:,.0f} ms"  # noqa: PLR2004 - three digits
