"""What one turn of the engine gives back: effects, in order, and what to do with later answers.

A ticket ties a ledger operation to the function that takes its outcome; nothing else suspends.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from functools import partial
from typing import cast

from switch.core.deadlines import NEVER
from switch.core.effects import DrawKeys, Effect, Report, SendToLink, SendToTerminal, Submit
from switch.core.errors import InvariantBroken
from switch.core.moment import Local, Moment, clearing_day, local
from switch.core.operations import (
    ATTEMPT_BITS,
    Operation,
)
from switch.core.outcomes import (
    Outcome,
)

OPENS, TO_LINKS, TO_TERMINALS = range(3)
"""Effects of one kind are made one after the other: see `Outbox.make_later`."""
_UNMADE = cast("Effect", None)
RETRY_MS = 100
"""Before an operation of unknown outcome is submitted again."""
_Unmade = tuple[list[Effect], int, Callable[[], Effect]]
"""A turn's effects, the place of one among them, and what makes it."""
Then = Callable[[Outcome], None]
Drawn = Callable[[bytes, bytes], None]


class Outbox:
    """Collects the effects of a turn and keeps the tickets of all turns."""

    def __init__(self) -> None:
        """Begin with nothing outstanding; the incarnation comes from the ledger."""
        self.at = Moment(0, 0)
        self.incarnation = 0
        self.wake_ns = NEVER
        """No deadline of any room is earlier; nothing at all may be due at it."""
        self.told_day = 0
        """The clearing day that the clearing centre began last, where we are a member."""
        self._effects: list[Effect] = []
        self._unmade: tuple[list[_Unmade], ...] = ([], [], [])
        self.making: list[Effect] = []
        """The turn whose effect is being made."""
        self._waiting: dict[int, Then] = {}
        self._drawing: dict[int, Drawn] = {}
        self._later: list[tuple[int, int, Callable[[], None]]] = []
        self._ticket = 0
        self._attempt = 0
        self._second, self._local = 0, local(0)

    def begin(self, at: Moment) -> list[Effect]:
        """Start a turn at a moment; what it asks for is put into the list that is returned."""
        self.at = at
        effects = self._effects = []
        return effects

    @property
    def local(self) -> Local:
        """The turn's second in Shanghai."""
        second = self.at.utc_ms // 1_000
        if second != self._second:
            self._second, self._local = second, local(self.at.utc_ms)
        return self._local

    def clearing_day(self, cut_over: str) -> int:
        """Return the clearing day of what comes now: by our clock, or the centre's if later."""
        return max(clearing_day(self.local, cut_over), self.told_day)

    @property
    def is_waiting(self) -> bool:
        """Whether an operation is with the ledger or shall be, or keys are being drawn."""
        return bool(self._waiting or self._drawing or self._later)

    @property
    def outstanding(self) -> int:
        """How many operations the ledger has still to answer."""
        return len(self._waiting)

    def wake_by(self, due_ns: int) -> None:
        """See to it that the engine looks at its deadlines by then."""
        if due_ns < self.wake_ns:  # noqa: PLR1730 - with every deadline
            self.wake_ns = due_ns

    def attempt(self) -> int:
        """Return a number that no operation of any process had or will have."""
        self._attempt += 1
        return self.incarnation << ATTEMPT_BITS | self._attempt

    def submit(self, operation: Operation, then: Then) -> None:
        """Have the ledger decide; `then` gets its outcome in a later turn."""
        self._ticket += 1
        self._waiting[self._ticket] = then
        self._effects.append(Submit(self._ticket, operation))

    def submit_later(self, make: Callable[[], Operation], then: Then) -> None:
        """Submit what `make` returns; see `make_later`."""
        self._ticket += 1
        self._waiting[self._ticket] = then
        self.make_later(OPENS, partial(_submitted, self._ticket, make))

    def make_later(self, kind: int, make: Callable[[], Effect]) -> None:
        """Have an effect take its place here, and made when the turns at hand are over.

        Only what nothing that happens until then can change. Alike work in a row costs half of
        what it costs in turn with all else.
        """
        effects = self._effects
        self._unmade[kind].append((effects, len(effects), make))
        effects.append(_UNMADE)

    def make(self) -> None:
        """Make the effects that were left for later."""
        for unmade in self._unmade:
            if unmade:
                for effects, place, make in unmade:
                    self.making = effects
                    effects[place] = make()
                unmade.clear()

    def draw_keys(self, mak_bytes: int, then: Drawn) -> None:
        """Have working keys drawn; `then` gets PIK and MAK bytes."""
        self._ticket += 1
        self._drawing[self._ticket] = then
        self._effects.append(DrawKeys(self._ticket, mak_bytes))

    def after(self, delay_ms: int, then: Callable[[], None]) -> None:
        """Do something in a later turn, when `delay_ms` have passed."""
        self._ticket += 1
        due_ns = self.at.elapsed_ns + delay_ms * 1_000_000
        heapq.heappush(self._later, (due_ns, self._ticket, then))
        self.wake_by(due_ns)

    def next_due_ns(self) -> int:
        """Return when the first of those things is due, NEVER where there is none."""
        return self._later[0][0] if self._later else NEVER

    def expire(self, now_ns: int) -> None:
        """Do the things that are due."""
        while self._later and self._later[0][0] <= now_ns:
            heapq.heappop(self._later)[2]()

    def answered(self, ticket: int, outcome: Outcome) -> None:
        """Hand an outcome to whoever waits for it."""
        then = self._waiting.pop(ticket, None)
        if then is None:
            raise InvariantBroken(f"the ledger answered ticket {ticket}, which nobody holds")
        then(outcome)

    def drawn(self, ticket: int, pik: bytes, mak: bytes) -> None:
        """Hand drawn keys to whoever waits for them."""
        then = self._drawing.pop(ticket, None)
        if then is None:
            raise InvariantBroken(f"keys came for ticket {ticket}, which nobody holds")
        then(pik, mak)

    def to_terminal(self, connection: int, frame: bytes) -> None:
        """Send a whole frame to a terminal."""
        self._effects.append(SendToTerminal(connection, frame))

    def to_link(self, link: str, frame: bytes) -> None:
        """Send a whole frame over a link."""
        self._effects.append(SendToLink(link, frame))

    def add(self, effect: Effect) -> None:
        """Ask for anything else."""
        self._effects.append(effect)

    def report(self, event: str, **facts: object) -> None:
        """Have something logged; facts hold no card data but masked."""
        self._effects.append(Report(event, facts))


def _submitted(ticket: int, make: Callable[[], Operation]) -> Submit:
    return Submit(ticket, make())
