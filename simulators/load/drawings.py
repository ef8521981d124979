"""The charts of a load run (simulators/load): over time with the faults marked, by percentile.

Each is a method of `Drawings`, so that a report takes what it wants in the order it wants.
"""

from __future__ import annotations

from typing import Final

import msgspec

from simulators.load.measuring.histograms import Tally, merged
from simulators.load.measuring.results import OUTCOMES, Result
from simulators.load.scenario import schedules
from simulators.load.scenario.model import Scenario
from switch.report.charts import Axis, Chart, Series, Span
from switch.report.markup import Language, said

_COLOURS: Final = {
    "approved": "#059669", "declined": "#d97706", "no_answer": "#dc2626", "line_lost": "#7c3aed",
    "mac_wrong": "#be185d", "answer_wrong": "#0891b2", "not_done": "#6b7280", "dropped": "#111827",
}  # fmt: skip
"""What an end is drawn in, in every report the same."""
_ENDS: Final = {
    "approved": "批准",
    "declined": "拒绝",
    "no_answer": "无应答",
    "line_lost": "线路中断",
    "mac_wrong": "MAC错误",
    "answer_wrong": "应答错误",
    "not_done": "未进行",
    "dropped": "丢弃",
}
_FAULTS: Final = {
    "issuer_slow": ("issuer slow", "发卡方缓慢"),
    "issuer_silent": ("issuer silent", "发卡方无应答"),
    "issuer_down": ("issuer down", "发卡方停机"),
    "link_flap": ("link flaps", "链路抖动"),
    "link_outage": ("link outage", "链路中断"),
    "bad_mac": ("wrong MACs", "MAC错误"),
    "vanish": ("terminals vanish", "终端断开"),
    "line_flap": ("lines flap", "接入线路抖动"),
}
_TICKS: Final = (50.0, 90.0, 99.0, 99.9, 99.99, 99.999)


class Drawings:
    """The charts of one result in one language."""

    def __init__(self, result: Result, language: Language) -> None:
        """Take a result as it was read or measured."""
        self.result = result
        self.language: Language = language
        self.scenario = msgspec.convert(result.scenario, Scenario)
        self.cells = result.whole.cells
        self.seconds = result.whole.seconds
        # The last second only has the ends of what began before.
        while self.seconds and not self.seconds[-1].meant:
            self.seconds = self.seconds[:-1]
        self.at = [number + 0.5 for number in range(len(self.seconds))]

    def said(self, en: str, zh: str) -> str:
        """Return the words of the report's language."""
        return said(self.language, en, zh)

    def spans(self) -> list[Span]:
        """Return the faults as stretches of the time axis."""
        return [
            Span(
                fault.from_s,
                min(fault.from_s + fault.for_s, self.scenario.seconds),
                self.said(*_FAULTS[fault.kind]),
            )
            for fault in self.scenario.fault
        ]

    def pieces(self) -> tuple[schedules.Piece, ...]:
        """Return the rate that was asked for; none in a closed loop."""
        if self.scenario.loop != "open":
            return ()
        return schedules.pieces(self.scenario.arrivals, self.scenario.seconds)

    def end_name(self, name: str) -> str:
        """Return what an end is called."""
        return self.said(name.replace("_", " "), _ENDS.get(name, name))

    def latency(self) -> Chart:
        """Return latency over time."""
        s, seconds, at = self.said, self.seconds, self.at
        axis = Axis(title=s("seconds from the start", "自开始起的秒数"))
        return Chart(
            title=s("Latency over time, from the intended moment", "延迟随时间变化（自计划时刻）"),
            x=axis,
            y=Axis(title="ms", is_log=True),
            series=[
                Series(name=name, x=at, y=[_of(each.latency, p) for each in seconds])
                for name, p in (("p50", 50.0), ("p99", 99.0), ("max", 100.0))
            ],
            spans=self.spans(),
            note=s(
                "Each point is the transactions that were meant to begin in that second.",
                "每个点为计划在该秒开始的交易。",
            ),
        )

    def rates(self) -> Chart:
        """Return the rate asked for, arriving and answered."""
        s, seconds, at = self.said, self.seconds, self.at
        axis = Axis(title=s("seconds from the start", "自开始起的秒数"))
        starts = list(range(len(seconds)))
        parts = self.pieces()
        return Chart(
            title=s("Rate asked and achieved", "要求与达到的速率"),
            x=axis,
            y=Axis(title=s("transactions a second", "笔/秒"), from_zero=True),
            series=[
                *(
                    [
                        Series(
                            name=s("schedule", "计划"),
                            x=at,
                            y=[schedules.rate_at(parts, x) for x in at],
                            is_dashed=True,
                            colour="#6b7280",
                        )
                    ]
                    if parts
                    else []
                ),
                Series(
                    name=s("arrivals", "到达"),
                    x=starts,
                    y=[each.meant for each in seconds],
                    shape="steps",
                ),
                Series(
                    name=s("answered", "应答"),
                    x=starts,
                    y=[each.done for each in seconds],
                    shape="steps",
                ),
            ],
            spans=self.spans(),
        )

    def ends_over_time(self) -> Chart:
        """Return how transactions ended, second by second."""
        s, seconds, at = self.said, self.seconds, self.at
        axis = Axis(title=s("seconds from the start", "自开始起的秒数"))
        names = [n for n in OUTCOMES if any(each.outcomes.get(n) for each in seconds)]
        return Chart(
            title=s("How transactions ended", "交易结果"),
            x=axis,
            y=Axis(title=s("a second", "每秒"), from_zero=True),
            series=[
                Series(
                    name=self.end_name(name),
                    x=at,
                    y=[each.outcomes.get(name, 0) for each in seconds],
                    shape="area",
                    colour=_COLOURS[name],
                )
                for name in names
            ],
            spans=self.spans(),
            is_stacked=True,
        )

    def against(self) -> Chart:
        """Return throughput against rate: where it leaves the diagonal, the system breaks."""
        s, seconds = self.said, self.seconds
        return Chart(
            title=s("Throughput against rate", "吞吐与速率"),
            x=Axis(title=s("arrivals a second", "每秒到达"), from_zero=True),
            y=Axis(title=s("answered a second", "每秒应答"), from_zero=True),
            series=[
                Series(
                    name=s("one second each", "每秒一点"),
                    x=[each.meant for each in seconds],
                    y=[each.done for each in seconds],
                    shape="points",
                ),
            ],
            note=s(
                "On the diagonal the system keeps up; where points stay below it, it breaks.",
                "在对角线上表示系统跟得上；持续低于对角线之处即为极限。",
            ),
            height=300,
        )

    def by_link(self) -> Chart:
        """Return p99 over time for each link."""
        s, seconds, at = self.said, self.seconds, self.at
        names = sorted({cell.link for cell in self.cells})
        return Chart(
            title=s("p99 by link", "各链路 p99"),
            x=Axis(title=s("seconds from the start", "自开始起的秒数")),
            y=Axis(title="ms", is_log=True),
            series=[
                Series(
                    name=name,
                    x=at,
                    y=[
                        _of(each.by_link[name], 99.0) if name in each.by_link else None
                        for each in seconds
                    ],
                )
                for name in names
            ],
            spans=self.spans(),
            note=s(
                "An issuer that is down must not slow the others: their curves stay as they were.",
                "某一发卡方停机不应拖慢其他发卡方：它们的曲线应保持不变。",
            ),
        )

    def generator(self) -> Chart:
        """Return how the generator itself was."""
        s, seconds, at = self.said, self.seconds, self.at
        return Chart(
            title=s("The generator itself", "负载发生器自身"),
            x=Axis(title=s("seconds from the start", "自开始起的秒数")),
            y=Axis(
                title=s("loop behind, ms; busy, %", "循环滞后（毫秒）；忙碌（%）"), from_zero=True
            ),
            series=[
                Series(
                    name=s("loop behind (ms)", "循环滞后（毫秒）"),
                    x=at,
                    y=[each.lag_ms for each in seconds],
                ),
                Series(
                    name=s("busy (%)", "忙碌（%）"), x=at, y=[100 * each.busy for each in seconds]
                ),
                Series(
                    name=s("in flight", "在途笔数"),
                    x=at,
                    y=[each.in_flight for each in seconds],
                    is_dashed=True,
                ),
            ],
            spans=self.spans(),
            height=280,
        )

    def percentile_curve(self) -> Chart:
        """Return latency by percentile, up to the longest."""
        s = self.said
        series = []
        for name, tally, is_dashed in (
            (
                s("from the intended moment", "自计划时刻"),
                merged(c.intended for c in self.cells),
                False,
            ),
            (
                s("from the actual sending", "自实际发送"),
                merged(c.actual for c in self.cells),
                True,
            ),
            (s("added by the system", "系统增加"), merged(c.added for c in self.cells), True),
        ):
            points = [(100 / (100 - p), ms) for p, ms in tally.curve() if p < 100]  # noqa: PLR2004
            if points:
                x, y = zip(*points, strict=True)
                series.append(Series(name=name, x=x, y=y, is_dashed=is_dashed))
        return Chart(
            title=s("Latency by percentile", "延迟分位曲线"),
            x=Axis(
                title=s("percentile", "分位"),
                is_log=True,
                ticks=[(100 / (100 - p), f"{p:g}") for p in _TICKS],
            ),
            y=Axis(title="ms", is_log=True),
            series=series,
        )


def _of(tally: Tally, percentile: float) -> float | None:
    return round(tally.percentile_ms(percentile), 3) if tally.counts else None
