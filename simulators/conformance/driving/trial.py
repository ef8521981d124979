"""One run on virtual time (simulators/conformance): the host that judges and a terminal it drives.

No sockets and no waiting: a minute of a response timer costs nothing, so a thousand mutants do not
either. Same seed, same run.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from random import Random
from typing import Final

import msgspec

from messages.crypto.keys import Tmk
from messages.dialects.loader import load_dialect
from simulators.cards import fictional_card
from simulators.conformance.driving.driver import AGAIN_NS, HEALTHY, Driver, Parts
from simulators.conformance.judging.happenings import (
    Close,
    Connected,
    Disconnected,
    Effect,
    Event,
    Note,
    Received,
    Send,
    TimePassed,
)
from simulators.conformance.judging.host import Host, Setup
from simulators.conformance.rules.model import Case, Suite
from simulators.conformance.rules.reading import Questionnaire, packaged_suite
from simulators.installation import MERCHANT, TMK, composite_wire, terminal_identity, wires
from switch.core.moment import Moment

START_MS: Final = 1_402_997_400_000
"""2014-06-17 17:30 in Shanghai, and a little."""
_NS_PER_MS: Final = 1_000_000
_MOST_STEPS: Final = 20_000
"""Events of one trial; a terminal that goes round in circles ends there."""
_MOST_VIRTUAL_NS: Final = 6 * 3_600 * 1_000 * _NS_PER_MS
USUAL: Final = frozenset({"chip", "pin_pad", "void", "payment", "sale", "settlement"})
"""The features of a POS terminal of which nothing else is said."""
OURS: Final = USUAL | {"chip_check", "magstripe", "contactless", "track_key"}
"""The features of our own terminal."""
COMPOSITE: Final = OURS | {"composite"}
"""The features of our own composite terminal."""
_PIECES_MS: Final = 10_000
"""What comes within this time keeps its order: pieces of one answer."""
_CARDS: Final = 4
_TERMINAL: Final = "terminal"
_HOST: Final = "host"


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What is tried: which cases, in which order, with what terminal."""

    parts: Parts = HEALTHY
    cases: tuple[str, ...] = ()
    """The cases to run, all that apply where it is empty."""
    seed: int = 0
    shuffles: bool = False
    is_composite: bool = False
    """Whether our terminal is a composite one."""


class Ran(msgspec.Struct, kw_only=True):
    """What came of it."""

    host: Host
    notes: list[Note]
    is_whole: bool
    """Whether the plan was done before the steps or the time ran out."""


def plan(suite: Suite, trial: Trial) -> list[Case]:
    """Return the cases in the order of the trial; a case comes after those that it needs."""
    known = {case.id for case in suite.cases}
    wanted = set(trial.cases) or known
    while True:
        more = {n for case in suite.cases if case.id in wanted for n in case.after} & known - wanted
        if not more:
            break
        wanted |= more
    left = [case for case in suite.cases if case.id in wanted]
    if trial.shuffles:
        Random(f"{trial.seed}/order").shuffle(left)  # noqa: S311 - seeded on purpose
    ordered: list[Case] = []
    while left:
        done = {case.id for case in ordered}
        ready = next(c for c in left if not set(c.after) & wanted - done)
        left.remove(ready)
        ordered.append(ready)
    return ordered


def own_setup(suite: Suite | None = None, seed: int = 0, features: frozenset[str] = OURS) -> Setup:
    """Return the setup for a run with our own terminal and its test keys and cards."""
    chosen = (suite or packaged_suite()).selected(features)
    return Setup(
        dialects=(load_dialect("pos"), load_dialect("composite")),
        suite=chosen,
        answers=Questionnaire(features=dict.fromkeys(features, True)),
        master_key=Tmk.from_hex(TMK),
        nonce=Random(f"{seed}/keys").randbytes(16),  # noqa: S311 - seeded on purpose
        terminal=terminal_identity().id,
        merchant=MERCHANT,
        cards={card.pan: card for card in map(fictional_card, range(_CARDS))},
    )


def run(trial: Trial, setup: Setup | None = None) -> Ran:
    """Run a trial to its end."""
    features = COMPOSITE if trial.is_composite else OURS
    return _World(trial, setup or own_setup(seed=trial.seed, features=features)).run()


class _World:
    """Two parties, a line between them, and one clock."""

    def __init__(self, trial: Trial, setup: Setup) -> None:
        self._latency = Random(f"{trial.seed}/latency")  # noqa: S311 - seeded on purpose
        self._host = Host(setup)
        wire = composite_wire() if trial.is_composite else wires()[0]
        self._driver = Driver(terminal_identity(), wire, plan(setup.suite, trial), trial.parts)
        self._now_ns = 0
        self._sequence = 0
        self._agenda: list[tuple[int, int, str, int, bytes | None]] = []
        self._connection = 0
        self._stands = False
        self._notes: list[Note] = []
        self._last_ns = {_HOST: 0, _TERMINAL: 0}

    def run(self) -> Ran:
        self._connect()
        steps = 0
        while steps < _MOST_STEPS and self._now_ns < _MOST_VIRTUAL_NS:
            steps += 1
            if self._driver.is_done and not self._agenda:
                break
            if not self._step():
                break
        is_whole = self._driver.is_done
        self._carry_out(self._host.finish(self._at()))
        return Ran(host=self._host, notes=self._notes, is_whole=is_whole)

    def _at(self) -> Moment:
        return Moment(self._now_ns, START_MS + self._now_ns // _NS_PER_MS)

    def _step(self) -> bool:
        """Do whatever is next; False when nothing ever will be."""
        dues = [
            (self._agenda[0][0] if self._agenda else None, "agenda"),
            (self._driver.next_due_ns, "driver"),
            (self._host.next_deadline_ns, "host"),
        ]
        known = [(due, name) for due, name in dues if due is not None]
        if not known:
            return False
        due, name = min(known)
        if name == "driver" and not self._stands:
            # Nothing can be done on a line that is down; it is made again by the agenda.
            known = [(d, n) for d, n in known if n != "driver"]
            if not known:
                return False
            due, name = min(known)
        self._now_ns = max(self._now_ns, due)
        if name == "driver":
            self._say(self._driver.expire(self._at()))
        elif name == "host":
            self._tell(TimePassed())
        else:
            self._deliver()
        return True

    def _deliver(self) -> None:
        _, _, who, connection, data = heapq.heappop(self._agenda)
        if data is None:
            self._connect()
        elif connection != self._connection or not self._stands:
            return
        elif who == _HOST:
            self._tell(Received(connection, data))
        else:
            self._say(self._driver.received(data, self._at()))
            if self._driver.hangs_up:
                self._lose()

    def _connect(self) -> None:
        self._connection += 1
        self._stands = True
        self._tell(Connected(self._connection))
        self._say(self._driver.connected(self._at()))

    def _lose(self) -> None:
        self._stands = False
        self._tell(Disconnected(self._connection))
        self._driver.disconnected(self._at())
        self._push(AGAIN_NS, _TERMINAL, None)

    def _say(self, frames: Sequence[bytes]) -> None:
        if frames:
            self._later(_HOST, b"".join(frames), 0)

    def _tell(self, event: Event) -> None:
        self._carry_out(self._host.handle(event, self._at()))

    def _carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(_, data, after_ms):
                    self._later(_TERMINAL, data, after_ms)
                case Close():
                    if self._stands:
                        self._lose()
                case _:
                    self._notes.append(effect)

    def _later(self, who: str, data: bytes, after_ms: int) -> None:
        """Deliver bytes after the latency of the line; what was sent first comes first."""
        wait_ns = after_ms * _NS_PER_MS + self._latency.randrange(1, 40) * _NS_PER_MS
        due = self._now_ns + wait_ns
        if after_ms < _PIECES_MS:
            due = max(due, self._last_ns[who] + 1)
            self._last_ns[who] = due
        self._push(due - self._now_ns, who, data)

    def _push(self, wait_ns: int, who: str, data: bytes | None) -> None:
        self._sequence += 1
        item = (self._now_ns + wait_ns, self._sequence, who, self._connection, data)
        heapq.heappush(self._agenda, item)
