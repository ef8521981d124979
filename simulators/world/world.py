"""A whole world (simulators/world): made from a seed, let run, and left to settle.

While it runs, what its faults say goes wrong; then they end, and it must become quiet in bounded
virtual time.
"""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Final

import msgspec

from simulators.accounts import Accounts
from simulators.cards import Card, fictional_card
from simulators.installation import (
    CARDS_EACH,
    Size,
    configuration,
    issuer_identity,
    link_name,
    terminal_identity,
    wires,
)
from simulators.issuer import Issuer
from simulators.terminal import Terminal
from simulators.world.agenda import MINUTE, MS, SECOND, Agenda
from simulators.world.bank import Bank
from simulators.world.booth import Booth
from simulators.world.faults import draw, stream
from simulators.world.history import End, History, IssuerSide
from simulators.world.host import Chances, Host
from simulators.world.lines import Road
from simulators.world.plants import PLANTS, Plant
from simulators.world.store import Store
from switch.core.configuration import Timers
from switch.core.moment import SHANGHAI

SETTLES_WITHIN: Final = 30 * MINUTE
"""Longer than any timer, try and retry of an advice together."""
_LOOK: Final = 200 * MS
_STARTS: Final = (
    datetime(2014, 6, 18, 9, 30, tzinfo=UTC),
    datetime(2014, 6, 18, 23, 58, tzinfo=UTC),
    datetime(2014, 9, 9, 23, 57, tzinfo=UTC),
    datetime(2014, 12, 31, 23, 59, tzinfo=UTC),
    datetime(2016, 2, 28, 23, 58, 30, tzinfo=UTC),
)
"""Local times at which a world may begin: by day, at midnight, and when the cap changes."""
_BALANCES_FEN: Final = (30_000, 500_000, 5_000_000)
_EVERYTHING: Final = 1 << 30


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What a world is made from. The same setting gives the same world, to the last byte."""

    seed: int
    minutes: int = 5
    plant: str = ""
    keeps_trace: bool = False


class World:
    """One world; `run` lets it happen once."""

    def __init__(self, setting: Setting) -> None:
        """Draw everything that is drawn before the clock starts. KeyError: no such plant."""
        self.setting = setting
        seed = setting.seed
        chance = stream(seed, "population")
        self._faults = draw(seed)
        self._chance = stream(seed, "world")
        size = _size(chance)
        pos, interbank = wires()
        self.history = History(configuration(size), pos)
        if setting.keeps_trace:
            self.history.lines = []
        start = chance.choice(_STARTS) - SHANGHAI
        self._agenda = Agenda(int(start.timestamp() * 1000) + chance.randint(0, 60_000))
        kind = PLANTS[setting.plant] if setting.plant else Plant
        self._plant = kind(pos, interbank)
        self._road = Road(self._agenda, self._faults, stream(seed, "network"))
        self._store = Store(
            self._agenda, self._faults, stream(seed, "ledger"), self.history, self._plant
        )
        chances = Chances(stream(seed, "crash"), stream(seed, "keys"), self._road.chance)
        self._host = Host(self._agenda, self._faults, chances, self.history, self._store)
        self._host.plant = self._plant
        cards, issuers = _cards(chance, size, self._plant)
        self._banks = [
            self._bank(n, Issuer(issuer_identity(n), interbank, accounts))
            for n, accounts in enumerate(issuers)
        ]
        self._booths = [
            Booth(
                Terminal(terminal_identity(n), pos),
                self._host,
                self._road,
                stream(seed, f"booth-{n}"),
                cards,
            )
            for n in range(size.terminals)
        ]

    def _bank(self, number: int, issuer: Issuer) -> Bank:
        chance = stream(self.setting.seed, f"bank-{number}")
        bank = Bank(link_name(number), issuer, self._host, self._road, chance)
        bank.plant = self._plant
        return bank

    # ----------------------------------------------------------------------------------- running

    def run(self) -> History:
        """Let the world happen; return all of it."""
        agenda, end_ns = self._agenda, self.setting.minutes * MINUTE
        self._host.started = self._reach_banks
        self._host.start()
        for bank in self._banks:
            bank.begin()
        for booth in self._booths:
            booth.trade(end_ns)
        agenda.after(SECOND, lambda: self._tick(end_ns))
        agenda.run_until(end_ns)
        self._faults.is_on = False
        self.history.note(agenda.now_ns, "faults end")
        settled_ns = self._settle(end_ns)
        self.history.end = self._end(settled_ns)
        return self.history

    def _reach_banks(self) -> None:
        for bank in self._banks:
            bank.reach()

    def _tick(self, end_ns: int) -> None:
        """Cut lines and move the wall clock, as the faults say; once a second."""
        faults, chance, agenda = self._faults, self._chance, self._agenda
        for booth in self._booths:
            if faults.happens(chance, faults.cut_terminal / 60):
                booth.cut()
        for bank in self._banks:
            if faults.happens(chance, faults.cut_link / 60):
                bank.cut()
        jump_ms = chance.randint(-faults.clock_jump_ms, faults.clock_jump_ms)
        if faults.happens(chance, faults.clock_jump / 60):
            agenda.utc_offset_ms += jump_ms
            self.history.note(agenda.now_ns, f"wall clock {jump_ms:+} ms")
        if agenda.now_ns < end_ns:
            agenda.after(SECOND, lambda: self._tick(end_ns))

    def _settle(self, end_ns: int) -> int | None:
        """Wait until nothing is left to happen; return how long it took, None for too long."""
        agenda = self._agenda
        while agenda.now_ns < end_ns + SETTLES_WITHIN:
            agenda.run_until(agenda.now_ns + _LOOK)
            if not self._unsettled():
                return agenda.now_ns - end_ns
        return None

    def _unsettled(self) -> str:
        """Return what is still to happen, in words; empty for nothing."""
        left = [booth.terminal.identity.id for booth in self._booths if not booth.is_idle]
        left += [bank.name for bank in self._banks if not bank.is_idle]
        if not self._host.is_idle:
            left.append("the switch")
        if not self._store.is_idle or self._store.ledger.advices():
            left.append("the ledger")
        return ", ".join(left)

    def _end(self, settled_ns: int | None) -> End:
        ledger = self._store.ledger
        return End(
            rows=ledger.transactions(limit=_EVERYTHING),
            advices=ledger.advices(),
            totals=ledger.totals(),
            memories={booth.terminal.identity.id: booth.terminal.memory for booth in self._booths},
            issuers=[
                IssuerSide(bank.name, bank.issuer.accounts, bank.issuer.heard_reversals)
                for bank in self._banks
            ],
            settled_after_ns=settled_ns,
            unsettled=self._unsettled(),
        )


def _size(chance: Random) -> Size:
    timers = chance.choice((_SLOW, _QUICK))
    return Size(
        terminals=chance.randint(1, 10),
        issuers=chance.randint(1, 3),
        timers=timers,
        repeats_get_stored_answer=chance.random() < 0.5,  # noqa: PLR2004 - as likely as not
    )


_SLOW: Final = Timers()
_QUICK: Final = Timers(
    answer_ms=20_000,
    issuer_ms=12_000,
    advice_retry_ms=(500, 2_000, 10_000),
    echo_ms=20_000,
    sign_on_ms=5_000,
)


def _cards(chance: Random, size: Size, plant: Plant) -> tuple[list[Card], list[Accounts]]:
    """Return the cards that are used, and the books in which their accounts are open."""
    books = [plant.accounts() for _ in range(size.issuers)]
    cards = []
    for number in range(chance.randint(1, 6)):
        for issuer, accounts in enumerate(books):
            card = fictional_card(issuer * CARDS_EACH + number)
            accounts.open(card, chance.choice(_BALANCES_FEN))
            cards.append(card)
    return cards, books
