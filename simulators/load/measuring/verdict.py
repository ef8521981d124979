"""The verdict on a run (simulators/load): was the generator honest, and were the thresholds kept.

A run whose generator was the bottleneck is invalid: its figures are not those of the system.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from simulators.load.measuring.histograms import Tally, merged
from simulators.load.measuring.results import ERRORS, LOST, Cell, Health, Part, Result
from simulators.load.scenario.model import Limits, Scenario
from simulators.load.scenario.thresholds import Judged, Threshold, parse
from switch.report.markup import Language, said

_MOST_LATE: Final = 0.01


def why_invalid(parts: Sequence[Health], limits: Limits) -> Iterator[str]:
    """Yield what kept the generator from what was asked, in sentences; the machine's share apart.

    The limit is the same whoever is to blame: load that was not offered as asked is no measurement.
    """
    limit_us = int(limits.late_ms * 1_000)
    for number, health in enumerate(parts):
        name = f"worker {number + 1}" if len(parts) > 1 else "the generator"
        late, (lag, lag_excused) = health.late.share_above(limit_us), health.behind(limit_us)
        if late > _MOST_LATE:
            own = late - health.late_excused / max(1, len(health.late))
            yield (
                f"{name} was more than {limits.late_ms:g} ms late with {late:.1%} of all arrivals"
                f"{_blamed(own, health)}"
            )
        if lag > _MOST_LATE:
            yield (
                f"the loop of {name} was {limits.late_ms:g} ms behind {lag:.1%} of the time"
                f"{_blamed(lag - lag_excused, health)}"
            )
        if health.busy > limits.busy:
            yield f"{name} was {health.busy:.0%} busy, more than {limits.busy:.0%}"


def _blamed(own: float, health: Health) -> str:
    """Say so where it would not have come to that, had the core been the generator's."""
    if own > _MOST_LATE:
        return ""
    return (
        f", all but {max(0.0, own):.1%} because the machine gave its core to others"
        f" ({health.away_s:.2f} s in all)"
    )


def judge(result: Result, scenario: Scenario) -> None:
    """Fill in what makes a result invalid, and what became of each threshold."""
    result.invalid = list(why_invalid(result.parts, scenario.limits))
    if result.lost_workers:
        result.invalid += [f"{name} was lost during the run" for name in result.lost_workers]
    if not result.whole.accounts.is_whole:
        result.invalid.append("the accounts do not add up: an intended transaction has no end")
    result.judged = [
        {"text": each.text, "value": each.value, "shown": each.shown, "is_kept": each.is_kept}
        for each in (judged(parse(text), result, scenario) for text in scenario.thresholds)
    ]


def judged(threshold: Threshold, result: Result, scenario: Scenario) -> Judged:
    """Return a threshold with what was measured; nothing measured keeps no threshold."""
    part = result.whole
    cells = [cell for cell in part.cells if not threshold.kind or cell.kind == threshold.kind]
    if not cells or (threshold.is_latency and not tally_of(threshold, cells)):
        return Judged(threshold.text, 0.0, "nothing was measured", is_kept=False)
    value = figure(threshold, cells, part, scenario)
    if threshold.is_latency:
        shown = f"{value:.3g} ms" if value < 1_000 else f"{value / 1_000:.3g} s"  # noqa: PLR2004
    elif threshold.is_share or threshold.figure == "achieved":
        shown = f"{value:.3%}"
    else:
        shown = f"{value:g}"
    return Judged(threshold.text, value, shown, is_kept=threshold.holds(value))


def figure(threshold: Threshold, cells: Sequence[Cell], part: Part, scenario: Scenario) -> float:
    """Return a figure over cells: milliseconds, a share of the intended, a rate or a count."""
    name = threshold.figure
    if threshold.is_latency:
        tally, name = tally_of(threshold, cells), name.removeprefix("added_")
        if name == "mean":
            return tally.mean_ms()
        return tally.percentile_ms(100.0 if name == "max" else float(name[1:]))
    intended = sum(sum(cell.outcomes.values()) for cell in cells)
    measured_s = scenario.seconds - scenario.warm_up_s
    answered = count_of("approved", cells, part) + count_of("declined", cells, part)
    if name == "rate":
        return answered / measured_s
    if name == "achieved":
        return answered / max(1, intended)
    count = count_of(name, cells, part)
    return count / max(1, intended) if threshold.is_share else count


def tally_of(threshold: Threshold, cells: Sequence[Cell]) -> Tally:
    """Return the latencies that a threshold speaks of."""
    is_added = threshold.figure.startswith("added_")
    return merged(cell.added if is_added else cell.intended for cell in cells)


def count_of(name: str, cells: Sequence[Cell], part: Part) -> int:
    """Return how many transactions a figure counts."""
    for prefix in ("declined_", "code_"):
        if name.startswith(prefix):
            return sum(cell.codes.get(name.removeprefix(prefix), 0) for cell in cells)
    accounts = part.accounts
    whole = {
        "waited": accounts.waited,
        "unresolved": accounts.unresolved + accounts.owed,
        "reversed": accounts.reversed,
    }
    if name in whole:
        return whole[name]
    names = {"lost": LOST, "errors": ERRORS}.get(name, (name,))
    return sum(cell.outcomes.get(each, 0) for cell in cells for each in names)


def headline(result: Result, language: Language = "en") -> str:
    """Return the verdict in one sentence."""
    if result.invalid:
        return f"{said(language, 'INVALID', '无效')}: {result.invalid[0]}"
    failed = said(language, "FAILED", "未通过")
    broken = [each for each in result.judged if not each["is_kept"]]
    if broken:
        first, more = broken[0], len(broken) - 1
        measured = said(language, "measured", "实测")
        others = said(language, f" (and {more} more)", f"（另有 {more} 项）") if more else ""
        return f"{failed}: {first['text']}, {measured} {first['shown']}{others}"
    wrong = [check for check in result.checks if not check.holds]
    if wrong:
        return f"{failed}: {wrong[0].name}: {wrong[0].said}"
    if result.judged:
        return said(language, "PASSED", "通过")
    return said(language, "DONE: no thresholds were asked for", "完成：未设阈值")
