"""Records what became of every transaction (simulators/load), while the run is on.

A transaction only leaves its marks in lists; they are counted in blocks, because counting one by
one costs as much as sending. Latency from the intended moment and from the actual sending are kept
apart, and neither is corrected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from simulators.load.measuring.histograms import Brief, Tally, places_of
from simulators.load.measuring.results import ERRORS, Accounts, Cell, Part, Second

_NS_PER_S: Final = 1_000_000_000
_NS_PER_US: Final = 1_000
_MOST_BACKS: Final = 2_000_000
"""Transactions whose reference number is kept for the added latency."""
_BLOCK: Final = 128
"""Transactions that are counted at once: what that takes no other has to wait for long."""


class Ticket(msgspec.Struct, eq=False, gc=False):
    """One intended transaction, from its intended moment to its end.

    `card` is its place among the scenario's; the rest comes with the sending.
    """

    due_ns: int
    kind: str
    card: int
    amount_fen: int
    link: str = ""
    sent_ns: int = 0
    stan: str = ""


class End(msgspec.Struct, gc=False):
    """How a transaction ended, as the terminal or the line knows it: DE 39, DE 37 and DE 41."""

    outcome: str
    code: str = ""
    rrn: str = ""
    terminal: str = ""


_Key = tuple[str, str, str, str, int, int, bool]
"""Kind, link, outcome, code, second of the intended moment and of the end, whether measured."""


class Recorder:
    """Counts; `start_ns` is the start of the run on the clock of all moments given here."""

    def __init__(self, start_ns: int, warm_up_ns: int, csv: Callable[[str], object] | None) -> None:
        """Begin; `csv` takes a line for every transaction."""
        self.start_ns = start_ns
        self.keeps_backs = False
        self.excuse: tuple[int, int, int] | None = None
        """Where the core was just away: since when it is back, the time before that was ours, and
        what is late."""
        self.excused = 0
        """What came late, and would not have, had the core been ours all the time."""
        self._accounts = Accounts()
        self._late = Tally()
        self._codes: dict[str, int] = {}
        self._recent = Tally()
        self._from_ns = start_ns + warm_up_ns
        self._csv = csv
        self._cells: dict[tuple[str, str], Cell] = {}
        self._seconds: list[Second] = []
        self._backs: dict[str, tuple[Tally, int]] = {}
        self._meant_ns: list[int] = []
        self._late_us: list[int] = []
        self._ended: list[tuple[Ticket, int, End]] = []

    def begin(self, start_ns: int, warm_up_ns: int) -> None:
        """Say when the run starts, before anything is counted."""
        self.fold()
        self.start_ns = start_ns
        self._from_ns = start_ns + warm_up_ns

    @property
    def accounts(self) -> Accounts:
        """What became of everything so far."""
        self.fold()
        return self._accounts

    @property
    def codes(self) -> dict[str, int]:
        """How often each DE 39 came."""
        self.fold()
        return self._codes

    @property
    def late(self) -> Tally:
        """How late each arrival came: what the generator is to blame for."""
        self.fold()
        return self._late

    def take_recent(self) -> Tally:
        """Return the latencies since this was last asked."""
        self.fold()
        recent, self._recent = self._recent, Tally()
        return recent

    @property
    def wants_numbers(self) -> bool:
        """Whether anybody will ask for DE 37."""
        return self.keeps_backs or self._csv is not None

    def second(self, at_ns: int) -> Second:
        """Return the second of a moment."""
        return self._second((at_ns - self.start_ns) // _NS_PER_S)

    def _second(self, index: int) -> Second:
        seconds = self._seconds
        if 0 <= index < len(seconds):
            return seconds[index]
        index = max(0, index)
        while len(seconds) <= index:
            seconds.append(Second())
        return seconds[index]

    def meant(self, ticket: Ticket) -> None:
        """Count an arrival."""
        self._meant_ns.append(ticket.due_ns)

    def came(self, ticket: Ticket, now_ns: int) -> None:
        """Count how late the generator is with an arrival, whether it is sent now or waits."""
        late_ns, excuse = now_ns - ticket.due_ns, self.excuse
        if excuse is not None:
            turned_ns, own_ns, limit_ns = excuse
            if late_ns > limit_ns >= own_ns + now_ns - turned_ns:
                self.excused += 1
        self._late_us.append(late_ns // _NS_PER_US if late_ns > 0 else 0)

    def waits(self) -> None:
        """Count an arrival that found no terminal, or no room on a line."""
        self._accounts.waited += 1

    def ended(self, ticket: Ticket, now_ns: int, end: End) -> None:
        """Take how a transaction ended; nobody changes its ticket from here on."""
        ended = self._ended
        ended.append((ticket, now_ns, end))
        if len(ended) >= _BLOCK:
            self.fold()

    def fold(self) -> None:
        """Count what has been marked and not counted yet."""
        start_ns = self.start_ns
        if self._meant_ns:
            self._accounts.intended += len(self._meant_ns)
            seconds = Counter([(due_ns - start_ns) // _NS_PER_S for due_ns in self._meant_ns])
            for index, count in seconds.items():
                self._second(index).meant += count
            self._meant_ns.clear()
        if self._late_us:
            self._late.add_places(places_of(self._late_us))
            self._late_us.clear()
        if self._ended:
            ended, self._ended = self._ended, []
            for key, group in self._groups(ended).items():
                self._count(key, group)
            if self._csv is not None:
                for each in ended:
                    self._csv(self._line(*each))
            if self.keeps_backs:
                self._keep_backs(ended)

    def _groups(
        self, ended: list[tuple[Ticket, int, End]]
    ) -> dict[_Key, tuple[list[int], list[int]]]:
        """Return the latencies, from the intended moment and from the sending, of like ones."""
        start_ns, from_ns = self.start_ns, self._from_ns
        fen, count = self._accounts.approved_fen, self._accounts.approved_count
        groups: dict[_Key, tuple[list[int], list[int]]] = {}
        for ticket, now_ns, end in ended:
            due_ns, sent_ns, amount_fen = ticket.due_ns, ticket.sent_ns, ticket.amount_fen
            key = (
                ticket.kind,
                ticket.link,
                end.outcome,
                end.code,
                (due_ns - start_ns) // _NS_PER_S,
                (now_ns - start_ns) // _NS_PER_S,
                due_ns >= from_ns,
            )
            group = groups.get(key)
            if group is None:
                group = groups[key] = ([], [])
            group[0].append((now_ns - due_ns) // _NS_PER_US)
            if sent_ns:
                group[1].append((now_ns - sent_ns) // _NS_PER_US)
            if amount_fen and end.outcome == "approved":
                terminal = end.terminal
                fen[terminal] = fen.get(terminal, 0) + amount_fen
                count[terminal] = count.get(terminal, 0) + 1
        return groups

    def _count(self, key: _Key, group: tuple[list[int], list[int]]) -> None:
        kind, link, outcome, code, due, done, is_measured = key
        intended_us, actual_us = group
        count = len(intended_us)
        _more(self._accounts.outcomes, outcome, count)
        if code:
            _more(self._codes, code, count)
        second = self._second(due)
        _more(second.outcomes, outcome, count)
        if outcome in ERRORS:
            second.errors += count
        else:
            self._second(done).done += count
        places = places_of(intended_us)
        self._recent.add_places(places)
        tally = second.by_link.get(link)
        if tally is None:
            tally = second.by_link[link] = Brief()
        tally.add_places(places)
        if not is_measured:
            return
        cell = self._cell(kind, link)
        _more(cell.outcomes, outcome, count)
        if code:
            _more(cell.codes, code, count)
        # What ended without an answer waited as long as it did: leaving it out would flatter.
        cell.intended.add_places(places)
        cell.actual.add_places(places_of(actual_us))

    def _cell(self, kind: str, link: str) -> Cell:
        cell = self._cells.get((kind, link))
        if cell is None:
            cell = self._cells[kind, link] = Cell(kind=kind, link=link)
        return cell

    def _keep_backs(self, ended: list[tuple[Ticket, int, End]]) -> None:
        for ticket, now_ns, end in ended:
            if not (ticket.sent_ns and end.rrn and ticket.due_ns >= self._from_ns):
                continue
            if len(self._backs) < _MOST_BACKS:
                actual_us = (now_ns - ticket.sent_ns) // _NS_PER_US
                self._backs[end.rrn] = (self._cell(ticket.kind, ticket.link).added, actual_us)

    def side(self, kind: str, outcome: str) -> None:
        """Count what nobody intended: a reversal, a sign-on in between."""
        name = f"{kind}.{outcome}"
        _more(self._accounts.side, name, 1)
        if kind == "reversal" and outcome == "approved":
            self._accounts.reversed += 1

    def returned(self, terminal: str, fen: int) -> None:
        """Count back what a terminal was approved and what was reversed on purpose."""
        _more(self._accounts.approved_fen, terminal, -fen)

    def match_backs(self, backs: Mapping[str, int]) -> int:
        """Take how long the issuers took, microseconds by DE 37; return how many matched."""
        self.fold()
        matched = 0
        for rrn, (tally, actual_us) in self._backs.items():
            back_us = backs.get(rrn)
            if back_us is not None:
                tally.add(max(0, actual_us - back_us))
                matched += 1
        return matched

    def part(self) -> Part:
        """Return what was recorded."""
        self.fold()
        for second in self._seconds:
            second.latency = Brief()
            for tally in second.by_link.values():
                second.latency.merge(tally)
        cells = [self._cells[key] for key in sorted(self._cells)]
        return Part(cells=cells, seconds=self._seconds, accounts=self._accounts)

    def _line(self, ticket: Ticket, now_ns: int, end: End) -> str:
        start = self.start_ns
        sent = (ticket.sent_ns - start) // _NS_PER_US if ticket.sent_ns else ""
        return (
            f"{(ticket.due_ns - start) // _NS_PER_US},{sent},{(now_ns - start) // _NS_PER_US},"
            f"{ticket.kind},{ticket.link},{end.terminal},{ticket.stan},{end.rrn},"
            f"{ticket.amount_fen},{end.outcome},{end.code},\n"
        )


def _more(counts: dict[Any, int], what: object, more: int) -> None:
    counts[what] = counts.get(what, 0) + more


CSV_COLUMNS: Final = (
    "intended_us,sent_us,ended_us,kind,link,terminal,stan,rrn,amount_fen,outcome,code,back_us\n"
)
"""The first line of the result CSV; times are from the start, which the second line gives."""
_RRN_COLUMN: Final = 7


def add_column(path: Path, backs: Mapping[str, int]) -> None:
    """Write into a result CSV how long the issuers took, microseconds by DE 37: the last column."""
    made = path.with_name(f"{path.name}.part")
    with path.open(encoding="utf-8") as rows, made.open("w", encoding="utf-8") as out:
        for row in rows:
            cells = row.split(",")
            back_us = backs.get(cells[_RRN_COLUMN]) if len(cells) > _RRN_COLUMN else None
            out.write(row if back_us is None else f"{row.rstrip()}{back_us}\n")
    made.replace(path)
