"""The agency that pays benefits out in a world (simulators/world): its file, delivered again.

The file comes in the middle of traffic, to any switch, and comes again; the process may die between
any two steps of recording it. Once faults are over it is delivered a last time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from messages.values import is_luhn_valid
from simulators.cards import BIN, fictional_card
from simulators.installation import SOCIAL_HOST
from simulators.social_security.books import Books
from simulators.social_security.results import take_results
from simulators.social_security.sample import PENSION
from simulators.world.agenda import SECOND
from simulators.world.history import History
from simulators.world.host import Host
from simulators.world.ledgers.kept import Kept
from simulators.world.lines import Road
from simulators.world.plant import Plant
from switch.core.moment import local
from switch.core.operations import Operation
from switch.core.outcomes import Outcome
from switch.core.social.payout_files import PayoutFile, read, result, write
from switch.core.social.payouts import Payout
from switch.ledger.legs.payouts import NONCE_BYTES, record

AGAIN: Final = "pay-out file delivered again"
CUT_SHORT: Final = "death within a pay-out file"
_DELIVERED: Final = "pay-out file"
"""What is counted."""
_TIMES: Final = 3
"""The most that the file is delivered while faults are on; once more when they are over."""
_AGAIN_NS: Final = 2 * SECOND
"""How long it waits for a switch that takes connections."""
_DIES: Final = 0.3
"""How often a process dies while it records a file, in worlds where processes crash."""
_STEPS: Final = 5
"""Batches of a file that is recorded: before and after each of them a process may die."""
_NO_ACCOUNT: Final = 997
"""The number of a card that no bank of a world has opened."""
_SHORT_DIGITS: Final = 15


class _DiedError(Exception):
    """The process died while it recorded a file."""


class _Through:
    """A switch's way to its ledger while it records a file; it may die at a step."""

    def __init__(self, agency: Agency, kept: Kept, dies_at: int) -> None:
        self._agency = agency
        self._kept = kept
        self._left = dies_at

    def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        self._step()
        outcomes = self._agency.submit(self._kept, batch)
        self._step()
        return outcomes

    def _step(self) -> None:
        self._left -= 1
        if not self._left:
            raise _DiedError


class Agency:
    """Orders pay-outs of the host's benefits, and takes the results back."""

    def __init__(
        self, books: Books, ways: Mapping[str, tuple[Host, Kept]], road: Road, chance: Random
    ) -> None:
        """Make the file: all benefits, one for a card without an account, one for no card."""
        self.history: History
        self.plant: Plant
        self._books = books
        self._ways = ways
        self._road = road
        self._chance = chance
        pans = {number: each.pan for number, each in books.persons.items()}
        rows = [
            Payout(each.number, pans[each.person], each.amount_fen, each.fund)
            for each in books.benefits.values()
        ]
        strangers = fictional_card(_NO_ACCOUNT).pan, _short()
        rows += [
            Payout(f"{PENSION}{number:08d}", pan, 7_700, PENSION)
            for number, pan in enumerate(strangers, 99_000_000)
        ]
        self.payouts = tuple(rows)
        """All that is ordered."""
        self.is_idle = False
        """Whether the last delivery was taken."""

    def begin(self, end_ns: int) -> None:
        """Plan the deliveries; the last comes when faults are over."""
        chance, agenda = self._chance, self._road.agenda
        for _ in range(chance.randint(1, _TIMES)):
            agenda.at(chance.randint(SECOND, end_ns), self._deliver)
        agenda.at(end_ns + SECOND, self._deliver_last)

    def _deliver_last(self) -> None:
        if self._taken():
            self.is_idle = True
        else:
            self._road.agenda.after(_AGAIN_NS, self._deliver_last)

    def _deliver(self) -> None:
        if not self._taken() and self._road.faults.is_on:
            self._road.agenda.after(_AGAIN_NS, self._deliver)

    def _taken(self) -> bool:
        """Have a switch record the file; False where none is up, or it died over it."""
        chance, faults, history = self._chance, self._road.faults, self.history
        nonce, dies = chance.randbytes(NONCE_BYTES), chance.random() < _DIES
        dies_at = chance.randint(1, 2 * _STEPS)
        up = [way for way in self._ways.values() if way[0].is_up]
        if not up:
            return False
        host, kept = chance.choice(up)
        can_die = faults.is_on and bool(faults.likelihood["crash"])
        through = _Through(self, kept, dies_at if dies and can_die else 0)
        now_ms = self._road.agenda.moment.utc_ms
        file = self._file(now_ms, history.counts[_DELIVERED])
        history.counts[AGAIN] += history.counts[_DELIVERED] > 0
        history.counts[_DELIVERED] += 1
        at = now_ms, nonce
        try:
            outcomes = record(through, host.configuration, file.agency, file.payouts, at)
        except _DiedError:
            history.counts[CUT_SHORT] += 1
            host.die()
            return False
        except ValueError as error:
            history.note(self._road.agenda.now_ns, "pay-outs refused", b"", str(error))
            return True
        take_results(self._books, result(file, outcomes))
        return True

    def _file(self, now_ms: int, delivery: int) -> PayoutFile:
        """Return the file as it is read, from the text that it is sent as."""
        configuration = self.history.configuration
        day = f"{local(now_ms).day}"
        ordered = self.plant.order(self.payouts, delivery)
        text = write(SOCIAL_HOST, PENSION, day, ordered)
        return read(text, configuration.funds, SOCIAL_HOST)

    def submit(self, kept: Kept, batch: Sequence[Operation]) -> list[Outcome]:
        """Carry a batch out on a ledger, and note it."""
        real = [self.plant.operation(each) or each for each in batch]
        outcomes = kept.submit(real)
        for operation, outcome in zip(real, outcomes, strict=True):
            self.history.ledger_did(self._road.agenda.now_ns, operation, outcome)
        return outcomes


def _short() -> str:
    """Return a number that is no card of any range, and right by its last digit."""
    stem = f"{BIN}{_NO_ACCOUNT:09d}"[:_SHORT_DIGITS]
    return next(stem + last for last in "0123456789" if is_luhn_valid(stem + last))
