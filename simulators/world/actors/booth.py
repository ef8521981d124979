"""A terminal in its world (simulators/world): its connections, its power, and what it is asked.

It keeps one connection, or makes one for each piece of work, and tries again while the switch is
down.
"""

from __future__ import annotations

from functools import partial
from random import Random
from typing import Final

from simulators.cards import Card
from simulators.terminal import Terminal
from simulators.terminal_memory import Habits, Job, Kind, Reverses
from simulators.world.actors.services import Services
from simulators.world.actors.shop import Purchases
from simulators.world.actors.till import Till
from simulators.world.actors.trade import MOVED, Desk, job, transfer
from simulators.world.agenda import MS, SECOND
from simulators.world.host import Host
from simulators.world.lines import Line, Road, Way

_CONNECT_NS: Final = (50 * MS, 3 * SECOND)
_DARK_NS: Final = (5 * SECOND, 60 * SECOND)
_MOST_WAITING: Final = 2
_HELD_NS: Final = 8 * SECOND
"""How long a concentrator may hold a frame up."""
_SOON_NS: Final = 500 * MS
_EVENING_NS: Final = 60 * SECOND
"""How long before its day ends a terminal may be switched off."""
_LEAVES_NS: Final = 300 * MS
_FLUSH_NS: Final = 30 * SECOND


class Booth:
    """One terminal, its line, and the people who use it."""

    def __init__(
        self, terminal: Terminal, hosts: list[Host], road: Road, chance: Random, cards: list[Card]
    ) -> None:
        """Connect as soon as the world begins."""
        self.terminal = terminal
        self._hosts = hosts
        self._road = road
        self._chance = chance
        self._cards = cards
        self._framing = terminal.framing
        self._keeps_line = chance.random() < 0.6  # noqa: PLR2004 - more than half
        self._pause_ns = chance.randint(SECOND // 5, 6 * SECOND)
        self._line: Line | None = None
        self._is_dark = False
        self._is_leaving = False
        self._settles_since: int | None = None
        self.is_asleep = False
        """Whether it is switched off until the next morning."""
        self._is_connecting = False
        self._timer_ns: int | None = None
        self._trades_until_ns = 0
        self.transfers = False
        """Whether its people transfer money too."""
        self.services: Services | None = None
        """What is asked of a composite terminal besides; None for any other."""
        self.purchases: Purchases | None = None
        """What is bought at a composite terminal, where there is a shop."""
        self.till: Till | None = None
        """What cash is remitted, where any is."""

    @property
    def is_idle(self) -> bool:
        """Whether it has nothing to do and owes nothing."""
        is_quiet = self._line is None or self._line.is_empty
        if self.is_asleep:
            return is_quiet
        return self.terminal.is_idle and not self.terminal.memory.owed and is_quiet

    # ------------------------------------------------------------------------------------- work

    def trade(self, until_ns: int, *, sleeps: bool = False) -> None:
        """Be used until then; afterwards only finish what is owed.

        `sleeps`: it may be switched off before, over something that it owes.
        """
        self._trades_until_ns = until_ns
        faults = self._road.faults
        self._is_leaving = sleeps and faults.happens(self._chance, "terminal_sleeps")
        self._connect_later(0)
        self._plan_work()

    def settle(self) -> None:
        """Settle the batch, until the switch has answered its end."""
        self._settles_since = len(self.terminal.results)
        self._settle()

    def _settle(self) -> None:
        if self.has_settled:
            return
        if self.terminal.is_idle and not self.terminal.memory.owed:
            self._ask(Job(kind=Kind.SETTLEMENT))
        self._road.agenda.after(_FLUSH_NS, self._settle)

    @property
    def has_settled(self) -> bool:
        """Whether the switch has answered the end of the batch that is settled, if one is."""
        if self._settles_since is None:
            return True
        results = self.terminal.results[self._settles_since :]
        return any(each.kind is Kind.BATCH_END and each.code == "00" for each in results)

    def wake(self) -> None:
        """Be switched on in the morning; what is left of yesterday's batch is settled first."""
        if self.is_asleep:
            self.is_asleep = False
            self._light_up()
            self._finish()
            self.settle()

    def _plan_work(self) -> None:
        gap_ns = int(self._chance.expovariate(1 / self._pause_ns))
        self._road.agenda.after(gap_ns, self._work)

    def _work(self) -> None:
        agenda = self._road.agenda
        if agenda.now_ns >= self._trades_until_ns:
            self._finish()
            return
        asked = self._job()
        if not self._is_dark and len(self.terminal.jobs) < _MOST_WAITING:
            self._ask(asked)
        self._plan_work()

    def _finish(self) -> None:
        """Send what is owed; ask again as long as anything is."""
        if self.terminal.memory.owed and not self._is_dark and self.terminal.is_idle:
            self._ask(Job(kind=Kind.REVERSAL))
        if self.terminal.memory.owed or not self.terminal.is_idle:
            self._road.agenda.after(_FLUSH_NS, self._finish)

    def _ask(self, asked: Job) -> None:
        self._send(self.terminal.ask(asked, self._road.agenda.moment))
        if self._line is None:
            self._connect_later(0)

    def _job(self) -> Job:
        chance, faults = self._chance, self._road.faults
        card, habits = chance.choice(self._cards), self._habits()
        if faults.happens(chance, "terminal_voids"):
            return Job(kind=Kind.REVERSAL, code="06")
        services = self.services
        if services is not None and services.is_wanted():
            slips = self.terminal.memory.slips
            return services.job(Desk(services.chance, card, self._cards, slips, habits))
        shop = self.purchases
        if shop is not None and shop.is_wanted():
            slips = self.terminal.memory.slips
            desk = Desk(shop.chance, card, self._cards, slips, habits)
            return shop.job(desk, self.terminal.results)
        till = self.till
        if till is not None and till.is_wanted():
            return till.job(Desk(till.chance, card, self._cards, (), habits))
        desk = Desk(chance, card, self._cards, self.terminal.memory.slips, habits)
        return transfer(desk) if self.transfers and chance.random() < MOVED else job(desk)

    def _habits(self) -> Habits:
        chance, faults = self._chance, self._road.faults
        repeats = chance.randint(1, 2) if faults.happens(chance, "terminal_repeats") else 0
        reverses = Reverses.BY_THE_RULES
        for kind, name in (
            (Reverses.EARLY, "terminal_early"),
            (Reverses.LATE, "terminal_late"),
            (Reverses.NEVER, "terminal_never"),
        ):
            if faults.happens(chance, name):
                reverses = kind
        longest = 120_000 if reverses is Reverses.LATE else 3_000
        return Habits(
            repeats=repeats,
            repeat_ms=chance.randint(1, 5_000),
            reverses=reverses,
            reversal_ms=chance.randint(1, longest),
            uses_old_batch=faults.happens(chance, "terminal_old_batch"),
        )

    # -------------------------------------------------------------------------------------- line

    def _connect_later(self, after_ns: int) -> None:
        if self._line is None and not self._is_dark and not self._is_connecting:
            self._is_connecting = True
            self._road.agenda.after(after_ns, self._connect)

    def _connect(self) -> None:
        self._is_connecting = False
        if self._is_dark or self._line is not None:
            return
        host = self._reachable()
        if host is None:
            self._connect_later(self._chance.randint(*_CONNECT_NS))
            return
        number = 0

        def to_switch(frame: bytes) -> None:
            host.terminal_frame(number, frame)

        def switch_lost() -> None:
            host.terminal_gone(number)

        road, framing = self._road, self._framing
        line = Line(
            road,
            there=Way(road, framing, to_switch, switch_lost),
            back=Way(road, framing, lambda f: self._receive(line, f), lambda: self._lost(line)),
        )
        number = host.accept(line)
        self._line = line
        self._send(self.terminal.connected(self._road.agenda.moment))

    def _reachable(self) -> Host | None:
        """Return a switch that takes connections, whichever chance names first."""
        first = self._chance.randrange(len(self._hosts))
        for host in (*self._hosts[first:], *self._hosts[:first]):
            if host.is_up:
                return host
        return None

    def _lost(self, line: Line) -> None:
        if self._line is not line:
            return
        self._line = None
        self.terminal.disconnected(self._road.agenda.moment)
        if self._keeps_line or not self.terminal.is_idle:
            self._connect_later(self._chance.randint(*_CONNECT_NS))

    @property
    def line(self) -> Line | None:
        """Its line, None while there is none."""
        return self._line

    def half_close(self) -> None:
        """Send nothing more over the line, and read on until the switch ends it."""
        if self._line is not None:
            self._line.there.end(loses=False)

    def _receive(self, line: Line, frame: bytes) -> None:
        if self._line is not line:
            return
        self._send(self.terminal.received(frame, self._road.agenda.moment))
        if not self._keeps_line and self.terminal.is_idle:
            self._road.agenda.after(_SOON_NS, lambda: self._hang_up(line))

    def _hang_up(self, line: Line) -> None:
        if self._line is line and self.terminal.is_idle:
            line.close_by_client()

    def _send(self, frames: list[bytes]) -> None:
        agenda, faults = self._road.agenda, self._road.faults
        for frame in frames:
            held_ns = int(self._chance.random() * _HELD_NS)
            is_held = faults.happens(self._chance, "overtake")
            if self._line is not None and is_held:
                agenda.after(held_ns, partial(self._line.there.send, frame))
            elif self._line is not None:
                self._line.there.send(frame)
            if faults.happens(self._chance, "terminal_power"):
                agenda.after(self._chance.randint(0, 2 * SECOND), self._go_dark)
        if self._is_leaving and frames and agenda.now_ns > self._trades_until_ns - _EVENING_NS:
            agenda.after(self._chance.randint(0, _LEAVES_NS), self._go_to_sleep)
        self._arm()

    # ------------------------------------------------------------------------------ power, timer

    def _go_to_sleep(self) -> None:
        """Be switched off until the morning, if it owes something and it is still day."""
        is_day = self._road.agenda.now_ns < self._trades_until_ns
        if is_day and self.terminal.memory.owed and not self._is_dark:
            self._is_leaving, self.is_asleep = False, True
            self._lose_power()

    def _go_dark(self) -> None:
        if not self._is_dark:
            self._lose_power()
            self._road.agenda.after(self._chance.randint(*_DARK_NS), self._light_up)

    def _lose_power(self) -> None:
        self._is_dark = True
        if self._line is not None:
            self._line.close_by_client()
            self._line = None
        self.terminal.lose_power(self._road.agenda.moment)

    def _light_up(self) -> None:
        if self.is_asleep:
            return
        self._is_dark = False
        self._connect_later(0)

    def _arm(self) -> None:
        due_ns = self.terminal.next_due_ns
        if due_ns is None or (self._timer_ns is not None and self._timer_ns <= due_ns):
            return
        self._timer_ns = due_ns
        self._road.agenda.at(due_ns, lambda: self._ring(due_ns))

    def _ring(self, due_ns: int) -> None:
        if self._timer_ns != due_ns:
            return
        self._timer_ns = None
        if not self._is_dark:
            self._send(self.terminal.expire(self._road.agenda.moment))
