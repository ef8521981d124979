"""Mock issuers behind the system under test (simulators/load), their trouble, and their clock.

They keep books, so that a run can be balanced against them, and how long each request was with
them by its reference number (DE 37): what the system added is front minus back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random
from time import perf_counter_ns
from typing import Final

import msgspec

from messages.dialects.loader import load_dialect
from messages.errors import DecodeError
from simulators.accounts import Accounts
from simulators.installation import issuer_identity
from simulators.issuer import CALM, Issuer, IssuerIdentity, Temper
from simulators.live import IssuerServer
from simulators.load.scenario import fleet
from simulators.load.scenario.model import Fault, Scenario
from simulators.wire import Heard, Wire
from switch.core.moment import Moment
from switch.shell.clock import Clock

_NS_PER_S: Final = 1_000_000_000
_NS_PER_US: Final = 1_000
_POLL_S: Final = 0.02
_REQUESTS: Final = ("0100", "0200")
_MOST_BACKS: Final = 2_000_000


class Book(msgspec.Struct, kw_only=True):
    """One issuer's books after a run: what was debited and given back, by terminal and in sum."""

    issuer: int
    debits: int = 0
    returned: int = 0
    standing_fen: dict[str, int] = {}
    standing: dict[str, int] = {}
    balances: bool = True


class TimedIssuer(Issuer):
    """An issuer that knows how long it took; it stays connected over either of its lines."""

    def __init__(self, identity: IssuerIdentity, wire: Wire, accounts: Accounts) -> None:
        """Begin disconnected."""
        super().__init__(identity, wire, accounts)
        self.backs: dict[str, int] = {}
        self.signed_on = 0
        """Frames that were answered: above 0, somebody has signed on."""
        self.plan: list[Fault] = []
        self.base = CALM
        self.chance = Random(0)  # noqa: S311 - seeded when the run starts
        self.temper = self._tempered
        self._began: dict[str, int] = {}
        self._own_wire = wire
        self._heard_rrn = ""
        self._connections = 0

    def connected(self) -> None:
        """Count the lines that stand."""
        self._connections += 1
        super().connected()

    def disconnected(self) -> None:
        """Be away when the last line is gone."""
        self._connections = max(0, self._connections - 1)
        if not self._connections:
            super().disconnected()

    def received(self, frame: bytes, at: Moment) -> list[bytes]:
        """Take a frame, and the time."""
        began_ns, self._heard_rrn = perf_counter_ns(), ""
        frames = super().received(frame, at)
        # Whatever was answered first over a line was its sign-on.
        self.signed_on += bool(frames)
        if self._heard_rrn:
            if frames:
                self._keep(self._heard_rrn, perf_counter_ns() - began_ns)
            else:
                self._began[self._heard_rrn] = began_ns
        return frames

    def expire(self, at: Moment) -> list[bytes]:
        """Answer what was delayed, and take the time."""
        frames = super().expire(at)
        now_ns = perf_counter_ns()
        for frame in frames:
            try:
                heard = self._own_wire.hear(self._own_wire.bare(frame))
            except DecodeError:
                continue
            began_ns = self._began.pop(heard.get(37), None)
            if began_ns is not None:
                self._keep(heard.get(37), now_ns - began_ns)
        return frames

    def _keep(self, rrn: str, took_ns: int) -> None:
        if len(self.backs) < _MOST_BACKS:
            self.backs[rrn] = took_ns // _NS_PER_US

    def _tempered(self, heard: Heard) -> Temper:
        if heard.mti not in _REQUESTS:
            return CALM
        self._heard_rrn = heard.get(37)
        for fault in self.plan:
            if self.chance.random() >= fault.share:
                continue
            if fault.kind == "issuer_silent":
                return Temper(answers=0)
            if fault.kind == "issuer_slow":
                return Temper(delay_ms=self.base.delay_ms + fault.ms)
        return self.base


class _House:
    """One issuer and the addresses it listens on: the first, and perhaps an alternate."""

    def __init__(self, issuer: TimedIssuer, wire: Wire, clock: Clock) -> None:
        self.issuer = issuer
        self._wire = wire
        self._clock = clock
        self._servers: list[IssuerServer | None] = []
        self._addresses: list[tuple[str, int]] = []

    async def open(self, addresses: Sequence[tuple[str, int]]) -> list[int]:
        for host, port in addresses:
            server = IssuerServer(self.issuer, self._wire, self._clock)
            self._addresses.append((host, await server.open(host, port)))
            self._servers.append(server)
        return [port for _, port in self._addresses]

    def shut(self, which: Sequence[int]) -> None:
        for number in which:
            server = self._servers[number]
            if server is not None:
                server.close()
                self._servers[number] = None

    async def reopen(self) -> None:
        for number, (host, port) in enumerate(self._addresses):
            if self._servers[number] is None:
                server = IssuerServer(self.issuer, self._wire, self._clock)
                await server.open(host, port)
                self._servers[number] = server

    def hang_up(self) -> None:
        for server in self._servers:
            if server is not None:
                server.hang_up()

    @property
    def doors(self) -> range:
        return range(len(self._servers))


class Banks:
    """All mock issuers of a run, in a running loop."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        """Open every card's account; raises FleetError."""
        wire = Wire(load_dialect(scenario.network.dialect))
        issuers, clock = scenario.issuers, Clock()
        self._scenario = scenario
        self._houses: list[_House] = []
        self._tasks: set[asyncio.Task[None]] = set()
        drawn = fleet.cards(scenario.cards, folder)
        names = sorted({each.link for each in drawn})
        for number in range(len(issuers.listen)):
            accounts = Accounts()
            for each in drawn:
                if len(issuers.listen) == 1 or names.index(each.link) == number:
                    accounts.open(each.card, issuers.balance_fen)
            issuer = TimedIssuer(issuer_identity(number), wire, accounts)
            issuer.base = Temper(delay_ms=issuers.delay_ms)
            issuer.is_trusting = issuers.trusting
            issuer.chance = Random(f"{scenario.seed}/issuer/{number}")  # noqa: S311 - as above
            self._houses.append(_House(issuer, wire, clock))

    async def open(self) -> list[list[int]]:
        """Listen; return the ports of each issuer. OSError where one is taken."""
        issuers = self._scenario.issuers
        opened = []
        for number, house in enumerate(self._houses):
            told = [issuers.listen[number], *issuers.alternates[number : number + 1]]
            opened.append(await house.open([_address(each) for each in told]))
        return opened

    async def connected(self, limit_s: float) -> None:
        """Wait until every issuer has signed a line on; TimeoutError names the first without."""
        last_ns = perf_counter_ns() + int(limit_s * _NS_PER_S)
        for number, house in enumerate(self._houses):
            while not house.issuer.signed_on:
                if perf_counter_ns() > last_ns:
                    where = self._scenario.issuers.listen[number]
                    raise TimeoutError(f"nobody has signed on at the issuer on {where}")
                await asyncio.sleep(_POLL_S)

    def start(self, start_ns: int) -> None:
        """Plan the issuers' faults from the start of the run."""
        loop = asyncio.get_running_loop()
        for fault in self._scenario.fault:
            if fault.kind in {"bad_mac", "vanish", "line_flap"}:
                continue
            begin_s = (start_ns - perf_counter_ns()) / _NS_PER_S + fault.from_s
            loop.call_later(max(0.0, begin_s), self._begin, fault)
            loop.call_later(max(0.0, begin_s + fault.for_s), self._end, fault)

    def _begin(self, fault: Fault) -> None:
        house = self._houses[fault.issuer]
        match fault.kind:
            case "issuer_slow" | "issuer_silent":
                house.issuer.plan.append(fault)
            case "issuer_down":
                house.shut(house.doors)
            case "link_outage":
                house.shut([0])
            case _:
                self._flap(house, fault, perf_counter_ns() + int(fault.for_s * _NS_PER_S))

    def _flap(self, house: _House, fault: Fault, until_ns: int) -> None:
        if perf_counter_ns() < until_ns:
            house.hang_up()
            asyncio.get_running_loop().call_later(
                fault.ms / 1_000, self._flap, house, fault, until_ns
            )

    def _end(self, fault: Fault) -> None:
        house = self._houses[fault.issuer]
        if fault in house.issuer.plan:
            house.issuer.plan.remove(fault)
        task = asyncio.get_running_loop().create_task(house.reopen())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def backs(self) -> dict[str, int]:
        """Return how long each request was with its issuer, microseconds by DE 37."""
        return {rrn: us for house in self._houses for rrn, us in house.issuer.backs.items()}

    def books(self) -> list[Book]:
        """Return the books of every issuer as they stand."""
        return [_book(number, house.issuer.accounts) for number, house in enumerate(self._houses)]

    def close(self) -> None:
        """Listen no more."""
        for house in self._houses:
            house.shut(house.doors)


def _book(number: int, accounts: Accounts) -> Book:
    book = Book(issuer=number, debits=len(accounts.debits))
    taken = 0
    for debit in accounts.debits.values():
        if debit.is_returned:
            book.returned += 1
            continue
        taken += debit.amount_fen
        tid = debit.terminal
        book.standing_fen[tid] = book.standing_fen.get(tid, 0) + debit.amount_fen
        book.standing[tid] = book.standing.get(tid, 0) + 1
    book.balances = accounts.opening_fen - accounts.closing_fen == taken
    return book


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)
