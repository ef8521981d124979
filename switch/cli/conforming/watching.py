"""What the tester sees while a run goes on (switch/cli): what to do, what came, what was wrong.

On a terminal it is a live picture of which one glance tells pass, fail, waiting; elsewhere it is a
line for whatever happens.
"""

from __future__ import annotations

import sys
from collections import deque
from typing import Final, Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from simulators.conformance.evidence.chain import Record
from simulators.conformance.evidence.junit import summary
from simulators.conformance.evidence.report import Report
from simulators.conformance.judging.happenings import Note
from simulators.conformance.judging.host import DONE, UNKNOWN, Host, Setup
from simulators.conformance.judging.station import Progress
from simulators.conformance.rules.model import Case, Requirement
from switch.cli.drawing import plain, safe
from switch.cli.outcome import note, say

_LAST: Final = 12
"""Messages and findings that are shown."""
_TONES: Final = {"pass": "green", "fail": "red", "warn": "yellow", "open": "cyan"}
_MARKS: Final = {"waiting": "·", "running": "▶", "done": "✓"}


class Watcher(Protocol):
    """Whoever tells the tester."""

    def listening(self, where: str) -> None:
        """Say where the terminal may connect to."""

    def noted(self, each: Note, record: Record) -> None:
        """Say what happened."""

    def stop(self) -> None:
        """Give the screen back."""

    def tell(self, report: Report, head: str) -> None:
        """Say how it ended."""


def watcher_of(setup: Setup, host: Host) -> Watcher:
    """Return the watcher that fits where the output goes."""
    return LiveWatcher(setup, host) if sys.stdout.isatty() else PlainWatcher(setup)


class PlainWatcher:
    """One line for each case, and for each finding."""

    def __init__(self, setup: Setup) -> None:
        """Know what the requirements say."""
        self._sentences = {r.id: r for r in setup.suite.requirements}

    def listening(self, where: str) -> None:
        """Say where the terminal may connect to."""
        note(f"listening on {where}")

    def noted(self, each: Note, record: Record) -> None:
        """Say what was wrong, and which case is done."""
        for failure in record.get("broken", ()):
            name = str(failure["requirement"])
            case = failure.get("case") or each.case
            mark = _mark(self._sentences[name])
            say(f"  {mark} {name} in {case or 'no case'}, record {record['n']}")
        if each.words and _is_telling(each):
            say(f"  {safe(each.words)}")
        if each.words == DONE:
            say(f"{safe(each.terminal)} {each.case}: done")

    def stop(self) -> None:
        """Have nothing to give back."""

    def tell(self, report: Report, head: str) -> None:
        """Say how it ended."""
        _tell(report, head)


class LiveWatcher:
    """A picture that is drawn anew whenever something happens."""

    def __init__(self, setup: Setup, host: Host) -> None:
        """Draw from what the host knows."""
        self._cases = setup.suite.cases
        self._sentences = {r.id: r for r in setup.suite.requirements}
        self._host = host
        self._where = ""
        self._happened: deque[Text] = deque(maxlen=_LAST)
        self._live = Live(console=Console(), auto_refresh=False, transient=True)
        self._live.start()

    def listening(self, where: str) -> None:
        """Say where the terminal may connect to."""
        self._where = where
        self._draw()

    def noted(self, each: Note, record: Record) -> None:
        """Draw what happened."""
        self._happened.append(_happening(each, record, self._sentences))
        self._draw()

    def stop(self) -> None:
        """Give the screen back."""
        self._live.stop()

    def tell(self, report: Report, head: str) -> None:
        """Say how it ended."""
        _tell(report, head)

    def _draw(self) -> None:
        self._live.update(self.picture(), refresh=True)

    def picture(self) -> Group:
        """Return the whole picture: the verdict so far, the next step, the cases, the messages."""
        failed = self._host.tally.failed()
        musts = {name for name in failed if self._sentences[name].level == "must"}
        stations = list(self._host.stations.values())
        if musts:
            word, tone = f"FAIL 不通过: {', '.join(sorted(musts))}", "red"
        elif stations and all(
            p.state == "done" for station in stations for p in station.progress.values()
        ):
            word, tone = "PASS 通过", "green"
        else:
            word, tone = f"WAITING 等待, listening on {self._where}", "cyan"
        parts = [Panel(Text(word, style=f"bold {tone}"), border_style=tone)]
        shown = [(station.tid, station.progress) for station in stations]
        for name, progress in shown or [("no terminal yet 终端未连接", {})]:
            # A terminal names itself: what it says is neither markup nor a control sequence.
            title = plain(name)
            parts.append(Panel(_steps(self._cases, progress), title=title, title_align="left"))
        parts.append(
            Panel(Text("\n").join(self._happened), title="messages 报文", title_align="left")
        )
        return Group(*parts)


def _steps(cases: tuple[Case, ...], progress: dict[str, Progress]) -> Group:
    """Return what to do next, and how all cases stand."""
    states = {case.id: progress.get(case.id) or Progress() for case in cases}
    running = [c for c in cases if states[c.id].state == "running"]
    waiting = [c for c in cases if states[c.id].state == "waiting"]
    told = Text()
    for case in running:
        told.append(f"▶ {case.id}: waiting for {', '.join(states[case.id].wants)}\n", "bold yellow")
    if waiting:
        told.append(f"next 下一步: {waiting[0].tell} {waiting[0].tell_zh}", "bold")
    grid = Table.grid(padding=(0, 2))
    for _ in range(4):
        grid.add_column()
    cells = [_state(case, states[case.id]) for case in cases]
    for at in range(0, len(cells), 4):
        grid.add_row(*cells[at : at + 4])
    return Group(told, grid)


def _state(case: Case, progress: Progress) -> Text:
    if progress.broken:
        return Text(f"✗ {case.id}", "red")
    tone = {"done": "green", "running": "yellow"}.get(progress.state, "dim")
    return Text(f"{_MARKS[progress.state]} {case.id}", tone)


def _happening(each: Note, record: Record, sentences: dict[str, Requirement]) -> Text:
    broken = [str(failure["requirement"]) for failure in record.get("broken", ())]
    words = (
        f"{record['n']:>4} {each.what:8} {record.get('mti', '')} {record.get('transaction', '')}"
    )
    told = plain(f"{words} {each.case} {each.words}".rstrip(), "red" if broken else "")
    for name in broken[:3]:
        told.append(f"\n     ✗ {name} {sentences[name].en}", "red")
    return told


def _is_telling(each: Note) -> bool:
    """Tell whether words are news: what could not be read, and who did not get in."""
    is_of_line = each.words.startswith("connection ")
    return each.what == "received" or (each.terminal == UNKNOWN and not is_of_line)


def _mark(requirement: Requirement) -> str:
    return "broken" if requirement.level == "must" else "should"


def _tell(report: Report, head: str) -> None:
    for line in report.lines:
        if line.verdict in {"fail", "warn"}:
            say(safe(summary(line)))
    counts = ", ".join(f"{report.count(v)} {v}" for v in ("pass", "fail", "warn", "open"))
    say(f"{report.sentence} ({counts})")
    say(f"last hash {head}")
