"""What a person sees of a load run (switch/cli): the live view, and the figures at its end.

It runs in a process of its own: drawing takes milliseconds that no measurement has to spare.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from simulators.load.comparing import Comparison
from simulators.load.driving.part import Progress
from simulators.load.finding import Tried
from simulators.load.measuring.histograms import merged
from simulators.load.measuring.results import OUTCOMES, Result
from simulators.load.measuring.verdict import headline
from simulators.load.scenario import schedules
from simulators.load.scenario.model import Scenario
from switch.cli.drawing import drawn, plain, table

_SHOWN: Final = (50.0, 90.0, 99.0, 99.9, 100.0)
_REFRESH: Final = 4
_GOOD: Final = ("approved",)


class LiveView:
    """The state of a run while it is on, drawn on standard error where a person looks."""

    def __init__(self, scenario: Scenario, *, wanted: bool) -> None:
        """Draw nothing unless it is wanted and standard error is a terminal."""
        console = Console(stderr=True)
        self._live = Live(console=console, refresh_per_second=_REFRESH, transient=True)
        self._is_on = wanted and console.is_terminal
        self._scenario = scenario
        self._before: tuple[float, int, int] = (0.0, 0, 0)
        self._rates = (0.0, 0.0)

    def __enter__(self) -> Self:
        if self._is_on:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_on:
            self._live.stop()

    def show(self, latest: Sequence[Progress]) -> None:
        """Draw the latest word of every worker."""
        if self._is_on:
            self._live.update(self.picture(latest))

    def picture(self, latest: Sequence[Progress]) -> Group:
        """Return what is drawn."""
        at_s = max((each.at_s for each in latest), default=0.0)
        meant, ended = sum(e.meant for e in latest), sum(e.ended for e in latest)
        before_s, before_meant, before_ended = self._before
        if at_s - before_s >= 1.0:
            self._rates = (
                (meant - before_meant) / (at_s - before_s),
                (ended - before_ended) / (at_s - before_s),
            )
            self._before = (at_s, meant, ended)
        seconds = self._scenario.seconds
        rows = Table.grid(padding=(0, 2))
        asked = f"{self._asked(at_s):,.0f}/s asked, " if self._scenario.loop == "open" else ""
        left = max(0.0, seconds - at_s)
        for name, value in (
            ("rate", f"{asked}{self._rates[0]:,.0f}/s arriving, {self._rates[1]:,.0f}/s ended"),
            ("in flight", f"{sum(e.in_flight for e in latest):,}"),
            ("waiting", f"{sum(e.waiting for e in latest):,} for a free terminal"),
            ("latency", _latest(latest)),
            ("ended", _counts(latest, "outcomes")),
            ("codes", _counts(latest, "codes")),
            ("generator", f"{max((e.busy for e in latest), default=0.0):.0%} busy at most"),
            ("left", f"{left:,.0f} s"),
        ):  # fmt: skip
            rows.add_row(Text(name, style="dim"), plain(value))
        title = Text(f"{self._scenario.name} ({self._scenario.loop} loop)", style="bold")
        return Group(title, ProgressBar(total=seconds, completed=min(at_s, seconds)), rows)

    def _asked(self, at_s: float) -> float:
        parts = schedules.pieces(self._scenario.arrivals, self._scenario.seconds)
        return schedules.rate_at(parts, max(0.0, at_s))


def _latest(latest: Sequence[Progress]) -> str:
    p50_ms = max((each.p50_ms for each in latest), default=0.0)
    p99_ms = max((each.p99_ms for each in latest), default=0.0)
    return f"p50 {_ms(p50_ms)}, p99 {_ms(p99_ms)} (last moments)"


def _counts(latest: Sequence[Progress], what: str) -> str:
    total: dict[str, int] = {}
    for each in latest:
        for name, count in getattr(each, what).items():
            total[name] = total.get(name, 0) + count
    return "  ".join(f"{name} {count:,}" for name, count in sorted(total.items())) or "none yet"


def summary(result: Result) -> str:
    """Return the figures of a run for a terminal."""
    latencies = table("transaction", "link", "count", "p50", "p90", "p99", "p99.9", "max")
    for cell in result.whole.cells:
        latencies.add_row(
            plain(cell.kind), plain(cell.link), f"{len(cell.intended):,}",
            *(_ms(cell.intended.percentile_ms(p)) for p in _SHOWN),
        )  # fmt: skip
    ends = table("end", "count", "share")
    counts: dict[str, int] = {}
    for cell in result.whole.cells:
        for name, count in cell.outcomes.items():
            counts[name] = counts.get(name, 0) + count
    total = max(1, sum(counts.values()))
    for name in OUTCOMES:
        if name in counts:
            ends.add_row(name.replace("_", " "), f"{counts[name]:,}", f"{counts[name] / total:.3%}")
    parts: list[Table | Text] = [latencies, Text(), ends, plain(_codes(result))]
    added = merged(cell.added for cell in result.whole.cells)
    if added.counts:
        shown = ", ".join(f"p{p:g} {_ms(added.percentile_ms(p))}" for p in _SHOWN[:-1])
        parts += [Text(), plain(f"added by the system (front minus back): {shown}")]
    for each in result.judged:
        mark = "kept  " if each["is_kept"] else "BROKEN"
        style = "green" if each["is_kept"] else "bold red"
        parts.append(plain(f"{mark} {each['text']}: {each['shown']}", style))
    for check in result.checks:
        mark = "holds " if check.holds else "BROKEN"
        parts.append(
            plain(f"{mark} {check.name}: {check.said}", "green" if check.holds else "bold red")
        )
    health = result.whole.health
    away = f", core given to others {health.away_s:.2f} s" if health.away_s else ""
    parts.append(
        plain(
            f"generator: {health.busy:.0%} busy, sent late p99 "
            f"{_ms(health.late.percentile_ms(99))}, {health.cpu_us:.1f} us CPU a transaction{away}"
        )
    )
    parts += [plain(f"note: {each}", "yellow") for each in result.invalid]
    parts.append(plain(headline(result), "bold green" if result.is_good else "bold red"))
    return drawn(*parts)


def _codes(result: Result) -> str:
    codes: dict[str, int] = {}
    for cell in result.whole.cells:
        for code, count in cell.codes.items():
            codes[code] = codes.get(code, 0) + count
    told = ", ".join(f"{code} {count:,}" for code, count in sorted(codes.items()))
    return f"answers by DE 39: {told or 'none'}"


def tried_line(tried: Tried, result: Result) -> str:
    """Return one line about a run of a search."""
    tally = merged(cell.intended for cell in result.whole.cells)
    what = "confirmed" if tried.is_confirmation and tried.passed else (
        "passed" if tried.passed else f"failed: {tried.why}"
    )  # fmt: skip
    return (
        f"{tried.rate:10,.1f}/s  p50 {_ms(tally.percentile_ms(50)):>9}  "
        f"p99 {_ms(tally.percentile_ms(99)):>9}  {what}"
    )


def comparison(found: Comparison) -> str:
    """Return the figures of two runs side by side."""
    rows = table("figure", "first", "second", "change", "")
    for each in found.differences:
        change = "" if each.change is None else f"{each.change:+.1%}"
        word = ("worse" if each.is_worse else "better") if each.matters else ""
        rows.add_row(
            plain(each.name), f"{each.first:,.3f} {each.unit}", f"{each.second:,.3f} {each.unit}",
            change, plain(word, "bold red" if word == "worse" else "green"),
        )  # fmt: skip
    cautions = [plain(f"caution: {each}", "yellow") for each in found.cautions]
    return drawn(*cautions, rows)


def _ms(value: float) -> str:
    if value >= 10_000:  # noqa: PLR2004 - ten seconds
        return f"{value / 1_000:,.1f} s"
    return f"{value:.3g} ms" if value < 100 else f"{value:,.0f} ms"  # noqa: PLR2004 - three digits
