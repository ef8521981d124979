"""A whole world (simulators/world): made from a seed, let run, and left to settle.

While it runs, what its faults say goes wrong; then they end, and it must become quiet in bounded
virtual time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from random import Random
from typing import Final

from msgspec.structs import replace

from simulators.cards import Card
from simulators.checkers.books.holds import waits_for_a_person
from simulators.installation import (
    Size,
    configuration,
    issuer_identity,
    link_name,
    terminal_identity,
    wires,
)
from simulators.issuer import Issuer
from simulators.terminal import Terminal
from simulators.terminals.debts import ReversalRules
from simulators.world.actors.agency import Agency
from simulators.world.actors.bank import Bank
from simulators.world.actors.booth import Booth
from simulators.world.actors.office import (
    Office,
    is_composite,
    keep_secrets,
    open_agency,
    open_office,
    wire_of,
)
from simulators.world.actors.shop import Shop, open_shop
from simulators.world.actors.till import open_tills
from simulators.world.agenda import DAY_MS, MINUTE, MS, Agenda
from simulators.world.clearings import Clearings
from simulators.world.history import End, Evening, History, IssuerSide
from simulators.world.host import Chances, Host
from simulators.world.ledgers.disk import OnDisk
from simulators.world.ledgers.kept import InMemory, Kept
from simulators.world.lines import Road
from simulators.world.matrix.asking import Gate
from simulators.world.matrix.drawing import Drawn, draw_stages
from simulators.world.matrix.gazette import Gazette
from simulators.world.matrix.plans import with_plans
from simulators.world.plant import Plant
from simulators.world.plants import PLANTS
from simulators.world.setting import (
    SQLITE,
    Setting,
    business_of,
    cards_of,
    days_of,
    size_of,
    tariff_of,
)
from simulators.world.store import Store
from simulators.world.weather.faults import draw, stream
from simulators.world.weather.passing import Passing
from simulators.world.weather.profiles import PROFILES
from switch.core.errors import InvariantBroken
from switch.core.moment import SHANGHAI, local
from switch.core.transaction import State
from switch.core.transfers.legs import is_transfer
from switch.settlement.clearing import Clearing
from switch.settlement.rules import rules_of

SETTLES_WITHIN: Final = 30 * MINUTE
"""Longer than any timer, try and retry of an advice together."""
_LOOK: Final = 200 * MS
_MOST: Final = 0.7
"""Share of terminals that forget over night what they owe."""


class World:
    """One world; `run` lets it happen once."""

    def __init__(self, setting: Setting, on: Sequence[Kept] = ()) -> None:
        """Draw everything that is drawn before the clock starts.

        `on`: a way to the ledger for each of two switches, instead of the ledger that is drawn.
        KeyError: no such plant, profile or kind of fault.
        """
        self.setting = setting
        seed, profile = setting.seed, PROFILES[setting.profile]
        self._faults = draw(seed, profile, setting.without)
        self._chance = stream(seed, "world")
        chance = stream(seed, "population")
        size = size_of(setting, chance)
        self._wires = pos, interbank = wires()
        start = chance.choice(profile.starts) - SHANGHAI
        self._start_ms = int(start.timestamp() * 1000) + chance.randint(0, 60_000)
        self._agenda = Agenda(self._start_ms)
        kind = PLANTS[setting.plant] if setting.plant else Plant
        self._plant = kind(pos, interbank)
        self._business = business_of(setting)
        cards, books = cards_of(setting, chance, size, self._plant)
        self._drawn = self._draw_stages(size, cards) if self._business.stages else None
        has_tills = self._business.remittances
        self._tills = open_tills(seed, size.terminals, books) if has_tills else None
        self.history = self._begin_history(size)
        self._road = Road(self._agenda, self._faults, stream(seed, "network"))
        is_shared = self._faults.happens(self._chance, "two_switches")
        is_on_disk = setting.ledger == SQLITE
        self._kept: Kept = (
            on[0]
            if on
            else (OnDisk(stream(seed, "disk")) if is_on_disk else InMemory(is_shared=is_shared))
        )
        count = len(on) or (1 if is_on_disk or not is_shared else 2)
        self._ways = on or [self._kept]
        self._host_ways = on or [self._kept] * count
        named = zip("ab", self._host_ways, strict=False)
        self._stores = [self._store(name, way) for name, way in named]
        self._hosts = [self._host(store) for store in self._stores]
        self._books = books
        for card in (*cards, *(self._tills.settling if self._tills is not None else ())):
            self.history.keep_secret(card.pan)
            self.history.keep_secret(card.track_2)
        self._lines = size.lines
        self._issuers = [
            Issuer(issuer_identity(number), interbank, accounts)
            for number, accounts in enumerate(books)
        ]
        self._banks = [
            bank
            for host in self._hosts
            for number in range(len(books))
            for bank in self._banks_of(number, host)
        ]
        self._office = self._open_office(cards) if self._business.social else None
        self._shop = self._open_shop() if self._business.products else None
        for host in self._hosts:
            host.banks = [bank for bank in self._banks if bank.host is host]
        self._days = days_of(setting)
        self._clearings = Clearings(rules_of(self.history.configuration))
        self._booths = [self._booth(number, cards) for number in range(size.terminals)]

    def _draw_stages(self, size: Size, cards: list[Card]) -> Drawn:
        """Draw who may do what where, around the day on which the world begins."""
        banks = [issuer_identity(number).id for number in range(size.issuers)]
        day = local(self._start_ms).day
        drawn = draw_stages(self.setting.seed, size.terminals, cards, banks, day)
        if not self._business.plans:
            return drawn
        return with_plans(drawn, self.setting.seed, banks, cards, day)

    def _begin_history(self, size: Size) -> History:
        """Begin the record with the configuration that everybody believes in."""
        drawn, made = self._drawn, configuration(size)
        made = made if drawn is None else drawn.set_up(made)
        made = made if self._tills is None else self._tills.set_up(made)
        history = History(made, self._wires[0], self._agenda)
        history.bank_tariff = tariff_of(self.setting)
        if drawn is not None:
            history.gate = Gate(drawn.others, made)
        if self.setting.keeps_trace:
            history.lines = []
        return history

    def _booth(self, number: int, cards: list[Card]) -> Booth:
        office, shop, seed = self._office, self._shop, self.setting.seed
        has_hosts = office is not None or shop is not None
        composite = has_hosts and is_composite(seed, number)
        rules, identity = self._rules(number), terminal_identity(number)
        if self._drawn is not None:
            identity = replace(identity, merchant=self._drawn.merchant(number))
        terminal = Terminal(identity, wire_of(composite=composite), rules=rules)
        booth = Booth(terminal, self._hosts, self._road, stream(seed, f"booth-{number}"), cards)
        booth.transfers = self._business.transfers
        booth.till = self._tills.till(number, cards) if self._tills is not None else None
        booth.services = office.services(number) if office is not None else None
        booth.purchases = shop.purchases(number) if shop is not None and composite else None
        return booth

    def _rules(self, terminal: int) -> ReversalRules:
        """Draw whether a terminal still sends a reversal of yesterday, where there is one."""
        forgets = self._days > 1 and stream(self.setting.seed, f"night-{terminal}").random() < _MOST
        return ReversalRules(expires="day_end" if forgets else "never")

    def _open_office(self, cards: list[Card]) -> Office:
        """Open the social-security office, with a line from each switch."""
        office = open_office(self.setting.seed, cards, len(self._books), self._plant)
        keep_secrets(office, self.history)
        for host in self._hosts:
            chance = partial(self._stream, owner=host.name)
            self._banks += office.lines(host, self._road, chance, self._plant)
        if self._business.payouts:
            ways = zip(self._hosts, self._host_ways, strict=True)
            named = {host.name: (host, way) for host, way in ways}
            agency = open_agency(office, self.history, self._road, named)
            agency.plant = self._plant
        return office

    def _open_shop(self) -> Shop:
        """Open the product host, with a line from each switch."""
        shop = open_shop(self.setting.seed, self._plant)
        for host in self._hosts:
            chance = partial(self._stream, owner=host.name)
            self._banks.append(shop.line(host, self._road, chance, self._plant))
        return shop

    def _stream(self, name: str, owner: str) -> Random:
        """Return a stream of chance; the first switch has the plain name."""
        return stream(self.setting.seed, name if owner == "a" else f"{name}-{owner}")

    def _store(self, name: str, kept: Kept) -> Store:
        chance = self._stream("ledger", name)
        store = Store(name, self._road, chance, self.history, kept)
        store.plant = self._plant
        return store

    def _host(self, store: Store) -> Host:
        name = store.name
        chances = Chances(
            self._stream("crash", name), self._stream("keys", name), self._road.chance
        )
        host = Host(self._agenda, self._faults, chances, self.history, store)
        host.plant = self._plant
        honest = host.configuration
        host.set_out(replace(honest, tariffs=self._plant.tariffs(honest.tariffs)))
        return host

    def _banks_of(self, number: int, host: Host) -> Iterator[Bank]:
        """Yield the ends of a bank's lines to a switch: one host, that answers on each."""
        issuer = self._issuers[number]
        for line in range(self._lines):
            chance = self._stream(f"bank-{number}" + f"-{line}" * (line > 0), host.name)
            # What it once decided it says again, over whatever line and to whichever switch.
            is_first = not line and host is self._hosts[0]
            here = issuer if is_first else issuer.another_line()
            bank = Bank(link_name(number, line), here, host, self._road, chance)
            bank.plant = self._plant
            yield bank

    # ----------------------------------------------------------------------------------- running

    def run(self) -> History:
        """Let the world happen; return all of it."""
        with ExitStack() as stack:
            for way in self._ways:
                stack.enter_context(closing(way))
            return self._run()

    def _run(self) -> History:
        for host in self._hosts:
            host.start()
        gazette = None
        if (drawn := self._drawn) is not None:
            gazette = Gazette(drawn.registry, self._hosts, self._agenda, drawn.plans)
        clients = self._booths, self._banks
        passing = Passing(self._road, self._hosts, clients, gazette)
        is_whole, longest_ns, settled_ns = True, 0, None
        for day in range(self._days):
            if day and not self._begin_morning():
                is_whole = False
                break
            is_whole, settled_ns = self._day(passing, day)
            if not is_whole or settled_ns is None:
                break
            longest_ns = settled_ns = max(longest_ns, settled_ns)
        history = self.history
        history.is_whole = is_whole
        history.fired = self._faults.fired
        history.end = self._end(settled_ns)
        if len(history.evenings) == self._days:
            history.end = replace(history.end, batches=history.evenings[-1].batches)
        return history

    def _day(self, passing: Passing, day: int) -> tuple[bool, int | None]:
        """Let a day happen, from its first request to its books; return as `_settle`."""
        agenda, until = self._agenda, self.setting.until
        end_ns = agenda.now_ns + self.setting.minutes * MINUTE
        for booth in self._booths:
            booth.trade(end_ns, sleeps=day < self._days - 1)
        if self._agency is not None and not day:
            self._agency.begin(end_ns)
        passing.begin(self.setting.seed, day)
        if not agenda.run_until(end_ns, until):
            return False, None
        self._faults.is_on = False
        self.history.note(agenda.now_ns, "faults end")
        is_whole, settled_ns = self._settle(end_ns, until)
        if is_whole and settled_ns is not None and self.setting.settles:
            is_whole = self._close_day(until)
            if is_whole:
                self.history.evenings.append(self._evening())
        return is_whole, settled_ns

    def _evening(self) -> Evening:
        """Clear all days that are over, and keep the books as they are."""
        kept, open_from, failure = self._kept, local(self._morning_ms).day, ""
        made: list[Clearing] = []
        try:
            made = self._clearings.close(kept.ledger, open_from)
        except InvariantBroken as error:
            failure = str(error)
        return Evening(open_from, kept.rows(), kept.batches(), made, failure)

    @property
    def _morning_ms(self) -> int:
        """The next time that the wall clock says what it said when the world began."""
        now_ms = self._agenda.moment.utc_ms
        days = (now_ms - self._start_ms) // DAY_MS + 1
        return self._start_ms + days * DAY_MS

    def _begin_morning(self) -> bool:
        """Go to the next morning: nothing happens over night. Return as `_close_day`.

        A terminal that slept settles what is left of yesterday's batch before its day begins.
        """
        agenda = self._agenda
        agenda.utc_offset_ms += self._morning_ms - agenda.moment.utc_ms
        self.history.note(agenda.now_ns, "morning")
        for booth in self._booths:
            booth.wake()
        is_whole = self._rest(self.setting.until)
        self._faults.is_on = True
        return is_whole

    def _settle(self, end_ns: int, until: int) -> tuple[bool, int | None]:
        """Wait until nothing is left to happen.

        Returns whether step `until` was not reached, and how long it took, None for too long.
        """
        agenda = self._agenda
        while agenda.now_ns < end_ns + SETTLES_WITHIN:
            if not agenda.run_until(agenda.now_ns + _LOOK, until):
                return False, None
            if self._is_at_rest():
                return True, agenda.now_ns - end_ns
        return True, None

    def _close_day(self, until: int) -> bool:
        """Have every terminal settle its batch; tell whether step `until` was not reached."""
        agenda = self._agenda
        self.history.note(agenda.now_ns, "the day ends")
        for booth in self._booths:
            if not booth.is_asleep:
                booth.settle()
        return self._rest(until)

    def _rest(self, until: int) -> bool:
        """Wait until every terminal has settled and nothing is left to happen."""
        agenda = self._agenda
        last_ns = agenda.now_ns + SETTLES_WITHIN
        while agenda.now_ns < last_ns:
            if not agenda.run_until(agenda.now_ns + _LOOK, until):
                return False
            if all(booth.has_settled for booth in self._booths) and self._is_at_rest():
                return True
        return True

    def _is_at_rest(self) -> bool:
        """Tell whether nothing is left to happen; the first that is busy is enough to know."""
        return not any(self._busy()) and self._is_settled()

    def _unsettled(self) -> str:
        """Return what is still to happen, in words; empty for nothing."""
        return ", ".join(self._busy()) or ("" if self._is_settled() else "the ledger")

    def _busy(self) -> Iterator[str]:
        """Yield who has something to do."""
        for booth in self._booths:
            if not booth.is_idle:
                yield booth.terminal.identity.id
        for bank in self._banks:
            if not bank.is_idle:
                yield bank.name
        for host in self._hosts:
            if not host.is_idle:
                yield f"switch {host.name}"
        if self._agency is not None and not self._agency.is_idle:
            yield "the pay-out file"

    def _is_settled(self) -> bool:
        """Tell whether the ledger waits for nobody: what a dead process left is taken over."""
        if not all(store.is_idle for store in self._stores):
            return False
        if advices := self._kept.advices():
            if not all(is_transfer(each.row) for each in advices):
                return False
            rows = {row.key: row for row in self._kept.rows()}
            if not all(waits_for_a_person(each.row, rows) for each in advices):
                return False
        return State.FORWARDED not in self._kept.totals().by_state

    def _end(self, settled_ns: int | None) -> End:
        kept, issuers = self._kept, []
        for number, issuer in enumerate(self._issuers):
            links = tuple(link_name(number, line) for line in range(self._lines))
            # All lines of one host remember together.
            issuers.append(IssuerSide(links, issuer.accounts, issuer.heard_reversals))
        return End(
            rows=kept.rows(),
            advices=kept.advices(),
            totals=kept.totals(),
            memories={booth.terminal.identity.id: booth.terminal.memory for booth in self._booths},
            issuers=issuers,
            settled_after_ns=settled_ns,
            unsettled=self._unsettled(),
            step=self._agenda.step,
            lasted_ns=self._agenda.now_ns,
            social=self._office.books if self._office is not None else None,
            shop=self._shop.shelf if self._shop is not None else None,
            payouts=self._agency.payouts if self._agency is not None else (),
            caps=kept.caps(),
        )

    @property
    def _agency(self) -> Agency | None:
        return self._office.agency if self._office is not None else None
