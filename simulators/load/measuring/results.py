"""What a load run found (simulators/load), as one JSON file that can be merged and compared.

The parts of several workers add up exactly: counts, histograms and seconds are sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from simulators.load.measuring.histograms import Brief, Tally, decoded, encoded, merged

FORMAT: Final = 1
PROBE_US: Final = 20_000
"""So often a generator looks at the clock to see how late its loop is."""
OUTCOMES: Final = (
    "approved", "declined", "no_answer", "line_lost", "mac_wrong", "answer_wrong", "not_done",
    "dropped",
)  # fmt: skip
"""How an intended transaction can end; exactly one of them."""
ERRORS: Final = ("no_answer", "line_lost", "mac_wrong", "answer_wrong", "not_done", "dropped")
LOST: Final = ("no_answer", "line_lost", "not_done", "dropped")
"""Ends without any answer."""


class ResultError(ValueError):
    """A result file that cannot be read."""


class Cell(msgspec.Struct, kw_only=True):
    """One kind of transaction on one link: how its transactions ended, and how long they took.

    `intended` counts from the moment that was meant, `actual` from the sending; `added` is what
    the system under test added (front minus back).
    """

    kind: str
    link: str
    outcomes: dict[str, int] = {}
    codes: dict[str, int] = {}
    intended: Tally = msgspec.field(default_factory=Tally)
    actual: Tally = msgspec.field(default_factory=Tally)
    added: Tally = msgspec.field(default_factory=Tally)


class Second(msgspec.Struct, kw_only=True):
    """One second of a run, by intended moment; `done` by the moment of the answer."""

    meant: int = 0
    sent: int = 0
    done: int = 0
    in_flight: int = 0
    busy: float = 0.0
    lag_ms: float = 0.0
    errors: int = 0
    outcomes: dict[str, int] = {}
    by_link: dict[str, Brief] = {}
    latency: Brief = msgspec.field(default_factory=Brief)


class Health(msgspec.Struct, kw_only=True):
    """How the generator was: the lateness of its sending and of its loop, its CPU, its memory.

    `late` is how late each arrival came, whether it was sent then or waited (microseconds). Of the
    late ones `late_excused`, and of the time that the loop was behind `lag_excused_s`, would not
    have been, had the machine not given the core to others, which it did for `away_s`.
    """

    late_excused: int = 0
    lag_excused_s: float = 0.0
    away_s: float = 0.0
    late: Tally = msgspec.field(default_factory=Tally)
    loop_lag: Tally = msgspec.field(default_factory=Tally)
    busy: float = 0.0
    busiest: float = 0.0
    cpu_s: float = 0.0
    spun_s: float = 0.0
    transactions: int = 0
    peak_rss_mib: float = 0.0

    def behind(self, limit_us: int) -> tuple[float, float]:
        """Return for what share of the time the loop was behind by more, and what is excused.

        By time and not by looks at the clock: however long a loop stands still, it looks once.
        """
        counts = self.loop_lag.counts
        wall_us = max(1, sum((PROBE_US + us) * count for us, count in counts.items()))
        behind_us = sum(us * count for us, count in counts.items() if us > limit_us)
        return behind_us / wall_us, self.lag_excused_s * 1e6 / wall_us

    @property
    def cpu_us(self) -> float:
        """CPU time a transaction in microseconds, without what was only looking at the clock."""
        work_s = max(0.0, self.cpu_s - self.spun_s)
        return work_s / self.transactions * 1e6 if self.transactions else 0.0


class Accounts(msgspec.Struct, kw_only=True):
    """What became of every intended transaction of the whole run, warm-up included.

    `approved_fen` is by terminal; `waited` found no free terminal; `owed` are reversals still owed
    at the end, `reversed` those that were acknowledged, `unresolved` those that were given up.
    """

    intended: int = 0
    outcomes: dict[str, int] = {}
    waited: int = 0
    approved_fen: dict[str, int] = {}
    approved_count: dict[str, int] = {}
    reversed: int = 0
    owed: int = 0
    unresolved: int = 0
    side: dict[str, int] = {}

    @property
    def is_whole(self) -> bool:
        """Whether every intended transaction has one end."""
        return sum(self.outcomes.values()) == self.intended


class Part(msgspec.Struct, kw_only=True):
    """What one worker found."""

    worker: int = 0
    of: int = 1
    started_utc_ms: int = 0
    cells: list[Cell] = []
    seconds: list[Second] = []
    health: Health = msgspec.field(default_factory=Health)
    accounts: Accounts = msgspec.field(default_factory=Accounts)
    links: dict[str, list[int]] = {}
    notes: list[str] = []


class Machine(msgspec.Struct, kw_only=True):
    """Where the generator ran."""

    host: str = ""
    system: str = ""
    cpu: str = ""
    cores: int = 0
    memory_gib: float = 0.0
    python: str = ""
    jinbao: str = ""


class Check(msgspec.Struct, frozen=True):
    """One promise checked after the run: what it says and whether it holds."""

    name: str
    said: str
    holds: bool


class Result(msgspec.Struct, kw_only=True):
    """A whole run: what was asked, what was found, and the verdict."""

    format: Literal[1] = 1
    scenario: dict[str, Any] = {}
    target: str = ""
    started_utc_ms: int = 0
    seconds: float = 0.0
    machine: Machine = msgspec.field(default_factory=Machine)
    parts: list[Health] = []
    whole: Part = msgspec.field(default_factory=Part)
    invalid: list[str] = []
    judged: list[dict[str, Any]] = []
    checks: list[Check] = []
    lost_workers: list[str] = []

    @property
    def is_valid(self) -> bool:
        """Whether the figures are those of the system under test."""
        return not self.invalid

    @property
    def is_good(self) -> bool:
        """Whether the run is valid, every threshold is kept and every check holds."""
        return (
            self.is_valid
            and all(each["is_kept"] for each in self.judged)
            and all(check.holds for check in self.checks)
        )


def add(into: dict[str, int], other: Mapping[str, int]) -> None:
    """Add counts by name to others."""
    for name, count in other.items():
        into[name] = into.get(name, 0) + count


def together(parts: Sequence[Part]) -> Part:
    """Return the parts of several workers as one; nothing is lost or counted twice."""
    whole = Part(of=1, started_utc_ms=min((p.started_utc_ms for p in parts), default=0))
    cells: dict[tuple[str, str], Cell] = {}
    for part in parts:
        for cell in part.cells:
            mine = cells.setdefault((cell.kind, cell.link), Cell(kind=cell.kind, link=cell.link))
            add(mine.outcomes, cell.outcomes)
            add(mine.codes, cell.codes)
            mine.intended.merge(cell.intended)
            mine.actual.merge(cell.actual)
            mine.added.merge(cell.added)
        _add_accounts(whole.accounts, part.accounts)
        whole.notes += part.notes
        whole.links |= part.links
    whole.cells = [cells[key] for key in sorted(cells)]
    length = max((len(part.seconds) for part in parts), default=0)
    whole.seconds = [
        _second([part.seconds[n] for part in parts if n < len(part.seconds)]) for n in range(length)
    ]
    whole.health = _healths([part.health for part in parts])
    return whole


def _add_accounts(whole: Accounts, part: Accounts) -> None:
    whole.intended += part.intended
    whole.waited += part.waited
    whole.reversed += part.reversed
    whole.owed += part.owed
    whole.unresolved += part.unresolved
    add(whole.outcomes, part.outcomes)
    add(whole.approved_fen, part.approved_fen)
    add(whole.approved_count, part.approved_count)
    add(whole.side, part.side)


def _second(parts: Sequence[Second]) -> Second:
    one = Second(
        meant=sum(part.meant for part in parts),
        sent=sum(part.sent for part in parts),
        done=sum(part.done for part in parts),
        in_flight=sum(part.in_flight for part in parts),
        errors=sum(part.errors for part in parts),
        busy=max(part.busy for part in parts),
        lag_ms=max(part.lag_ms for part in parts),
    )
    for part in parts:
        one.latency.merge(part.latency)
        add(one.outcomes, part.outcomes)
        for link, tally in part.by_link.items():
            one.by_link.setdefault(link, Brief()).merge(tally)
    return one


def _healths(parts: Sequence[Health]) -> Health:
    return Health(
        late=merged(part.late for part in parts),
        loop_lag=merged(part.loop_lag for part in parts),
        late_excused=sum(part.late_excused for part in parts),
        lag_excused_s=sum(part.lag_excused_s for part in parts),
        away_s=sum(part.away_s for part in parts),
        busy=max((part.busy for part in parts), default=0.0),
        busiest=max((part.busiest for part in parts), default=0.0),
        cpu_s=sum(part.cpu_s for part in parts),
        spun_s=sum(part.spun_s for part in parts),
        transactions=sum(part.transactions for part in parts),
        peak_rss_mib=max((part.peak_rss_mib for part in parts), default=0.0),
    )


def _told(value: object) -> object:
    if isinstance(value, Brief):
        return value.flat()
    if isinstance(value, Tally):
        return encoded(value)
    raise NotImplementedError(type(value).__name__)


def _read(kind: type, value: object) -> object:
    if kind is Brief and isinstance(value, list):
        return Brief.of_flat(value)
    if kind is Tally and isinstance(value, str):
        return decoded(value)
    raise NotImplementedError(kind.__name__)


def to_json(value: Result | Part) -> bytes:
    """Return a result, or a part of one, as JSON; histograms in their usual encoding."""
    return msgspec.json.encode(value, enc_hook=_told)


def part_from_json(text: bytes | str) -> Part:
    """Return a part; ResultError where it is none."""
    try:
        return msgspec.json.decode(text, type=Part, dec_hook=_read)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ResultError(str(error)) from None


def from_json(text: bytes | str) -> Result:
    """Return a result; ResultError where it is none."""
    try:
        return msgspec.json.decode(text, type=Result, dec_hook=_read)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ResultError(str(error)) from None
