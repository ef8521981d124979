"""A world taken apart for tests: one switch, one bank, one booth, faults as a test wants them."""

from __future__ import annotations

from simulators.accounts import Accounts
from simulators.cards import Card
from simulators.installation import (
    Size,
    configuration,
    issuer_identity,
    link_name,
    terminal_identity,
)
from simulators.issuer import Issuer
from simulators.terminal import Terminal
from simulators.world.actors.bank import Bank
from simulators.world.actors.booth import Booth
from simulators.world.agenda import SECOND, Agenda
from simulators.world.history import History
from simulators.world.host import Chances, Host
from simulators.world.ledgers.kept import InMemory
from simulators.world.lines import Road
from simulators.world.plant import Plant
from simulators.world.store import Store
from simulators.world.weather.faults import Faults, stream
from switch.core.operations import Row
from tests.simulators.acting import INTERBANK, POS, START_MS


class Parts:
    """The parts of a small world, wired as `World` does it; nothing happens by itself."""

    def __init__(self, faults: Faults | None = None, seed: int = 0) -> None:
        self.faults = faults or Faults()
        self.agenda = Agenda(START_MS)
        self.plant = Plant(POS, INTERBANK)
        self.history = History(configuration(Size()), POS, self.agenda)
        self.road = Road(self.agenda, self.faults, stream(seed, "network"))
        self.kept = InMemory()
        self.store = Store("a", self.road, stream(seed, "ledger"), self.history, self.kept)
        self.store.plant = self.plant
        chances = Chances(stream(seed, "crash"), stream(seed, "keys"), self.road.chance)
        self.host = Host(self.agenda, self.faults, chances, self.history, self.store)
        self.host.plant = self.plant
        accounts = Accounts()
        accounts.open(Card(), 500_000)
        self.issuer = Issuer(issuer_identity(), INTERBANK, accounts)
        self.bank = Bank(link_name(0), self.issuer, self.host, self.road, stream(seed, "bank"))
        self.bank.plant = self.plant
        self.host.banks = [self.bank]
        self.terminal = Terminal(terminal_identity(), POS)
        self.booth = Booth(self.terminal, [self.host], self.road, stream(seed, "booth"), [Card()])

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.agenda.run_until(self.agenda.now_ns + int(seconds * SECOND))

    @property
    def rows(self) -> list[Row]:
        """All transactions of the ledger."""
        return self.kept.rows()
