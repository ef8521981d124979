"""Records what became of every transaction (simulators/load), while the run is on.

Everything here is called once a transaction, so it only counts; figures are made of it afterwards.
Latency from the intended moment and from the actual sending are kept apart, and neither is
corrected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from simulators.load.measuring.histograms import Brief, Tally, place_of
from simulators.load.measuring.results import ERRORS, Accounts, Cell, Part, Second

_NS_PER_S: Final = 1_000_000_000
_NS_PER_US: Final = 1_000
_MOST_BACKS: Final = 2_000_000
"""Transactions whose reference number is kept for the added latency."""


class Ticket:
    """One intended transaction, from its intended moment to its end."""

    __slots__ = ("amount_fen", "card", "due_ns", "kind", "link", "sent_ns", "stan")

    def __init__(self, due_ns: int, kind: str, card: int, amount_fen: int) -> None:
        """Begin with what was meant; `card` is its place among the scenario's."""
        self.due_ns = due_ns
        self.kind = kind
        self.card = card
        self.amount_fen = amount_fen
        self.link = ""
        self.sent_ns = 0
        self.stan = ""


class End:
    """How a transaction ended, as the terminal or the line knows it."""

    __slots__ = ("code", "outcome", "rrn", "terminal")

    def __init__(self, outcome: str, code: str = "", rrn: str = "", terminal: str = "") -> None:
        """Keep DE 39, DE 37 and DE 41 where there are any."""
        self.outcome = outcome
        self.code = code
        self.rrn = rrn
        self.terminal = terminal


class Recorder:
    """Counts; `start_ns` is the start of the run on the clock of all moments given here."""

    def __init__(self, start_ns: int, warm_up_ns: int, csv: Callable[[str], object] | None) -> None:
        """Begin; `csv` takes a line for every transaction."""
        self.start_ns = start_ns
        self.accounts = Accounts()
        self.late = Tally()
        self.codes: dict[str, int] = {}
        self.recent = Tally()
        """Latencies since somebody last looked, who then puts a new one here."""
        self.keeps_backs = False
        self._from_ns = start_ns + warm_up_ns
        self._csv = csv
        self._cells: dict[tuple[str, str], Cell] = {}
        self._seconds: list[Second] = []
        self._backs: dict[str, tuple[Tally, int]] = {}

    def begin(self, start_ns: int, warm_up_ns: int) -> None:
        """Say when the run starts, before anything is counted."""
        self.start_ns = start_ns
        self._from_ns = start_ns + warm_up_ns

    def second(self, at_ns: int) -> Second:
        """Return the second of a moment."""
        index = (at_ns - self.start_ns) // _NS_PER_S
        seconds = self._seconds
        if 0 <= index < len(seconds):
            return seconds[index]
        index = max(0, index)
        while len(seconds) <= index:
            seconds.append(Second())
        return seconds[index]

    def meant(self, ticket: Ticket) -> None:
        """Count an arrival."""
        self.accounts.intended += 1
        self.second(ticket.due_ns).meant += 1

    def ended(self, ticket: Ticket, now_ns: int, end: End) -> None:
        """Count how a transaction ended; a latency's place in its histograms is found once."""
        outcome, accounts = end.outcome, self.accounts
        _count(accounts.outcomes, outcome, 1)
        if end.code:
            _count(self.codes, end.code, 1)
        if outcome == "approved" and ticket.amount_fen:
            _count(accounts.approved_fen, end.terminal, ticket.amount_fen)
            _count(accounts.approved_count, end.terminal, 1)
        due_ns, link = ticket.due_ns, ticket.link
        second = self.second(due_ns)
        _count(second.outcomes, outcome, 1)
        if outcome in ERRORS:
            second.errors += 1
        else:
            self.second(now_ns).done += 1
        place = place_of((now_ns - due_ns) // _NS_PER_US)
        _count(self.recent.counts, place, 1)
        tally = second.by_link.get(link)
        if tally is None:
            tally = second.by_link[link] = Brief()
        _count(tally.counts, place, 1)
        if due_ns >= self._from_ns:
            self._measure(ticket, now_ns, end, place)
        if self._csv is not None:
            self._csv(self._line(ticket, now_ns, end))

    def _measure(self, ticket: Ticket, now_ns: int, end: End, place: int) -> None:
        cell = self._cells.get((ticket.kind, ticket.link))
        if cell is None:
            cell = Cell(kind=ticket.kind, link=ticket.link)
            self._cells[ticket.kind, ticket.link] = cell
        _count(cell.outcomes, end.outcome, 1)
        if end.code:
            _count(cell.codes, end.code, 1)
        # What ended without an answer waited as long as it did: leaving it out would flatter.
        _count(cell.intended.counts, place, 1)
        if ticket.sent_ns:
            actual_us = (now_ns - ticket.sent_ns) // _NS_PER_US
            _count(cell.actual.counts, place_of(actual_us), 1)
            if self.keeps_backs and end.rrn and len(self._backs) < _MOST_BACKS:
                self._backs[end.rrn] = (cell.added, actual_us)

    def side(self, kind: str, outcome: str) -> None:
        """Count what nobody intended: a reversal, a sign-on in between."""
        name = f"{kind}.{outcome}"
        side = self.accounts.side
        side[name] = side.get(name, 0) + 1
        if kind == "reversal" and outcome == "approved":
            self.accounts.reversed += 1

    def returned(self, terminal: str, fen: int) -> None:
        """Count back what a terminal was approved and what was reversed on purpose."""
        approved = self.accounts.approved_fen
        approved[terminal] = approved.get(terminal, 0) - fen

    def match_backs(self, backs: Mapping[str, int]) -> int:
        """Take how long the issuers took, microseconds by DE 37; return how many matched."""
        matched = 0
        for rrn, (tally, actual_us) in self._backs.items():
            back_us = backs.get(rrn)
            if back_us is not None:
                tally.add(max(0, actual_us - back_us))
                matched += 1
        return matched

    def part(self) -> Part:
        """Return what was recorded."""
        for second in self._seconds:
            second.latency = Brief()
            for tally in second.by_link.values():
                second.latency.merge(tally)
        cells = [self._cells[key] for key in sorted(self._cells)]
        return Part(cells=cells, seconds=self._seconds, accounts=self.accounts)

    def _line(self, ticket: Ticket, now_ns: int, end: End) -> str:
        start = self.start_ns
        sent = (ticket.sent_ns - start) // _NS_PER_US if ticket.sent_ns else ""
        return (
            f"{(ticket.due_ns - start) // _NS_PER_US},{sent},{(now_ns - start) // _NS_PER_US},"
            f"{ticket.kind},{ticket.link},{end.terminal},{ticket.stan},{end.rrn},"
            f"{ticket.amount_fen},{end.outcome},{end.code}\n"
        )


def _count(counts: dict[Any, int], what: object, more: int) -> None:
    counts[what] = counts.get(what, 0) + more


CSV_COLUMNS: Final = (
    "intended_us,sent_us,ended_us,kind,link,terminal,stan,rrn,amount_fen,outcome,code\n"
)
"""The first line of the result CSV; times are from the start, which the second line gives."""
