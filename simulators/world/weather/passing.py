"""Faults that come at any time (simulators/world): to a line, a switch, an issuer, the clock.

Each kind comes so often a minute to each of those whom it may hit, from a stream of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final, Protocol

from msgspec.structs import replace

from simulators.world.host import Host
from simulators.world.lines import Line, Road
from simulators.world.matrix.gazette import Gazette
from simulators.world.setting import QUICK, SLOW
from simulators.world.weather.faults import stream

_CUT_OVER_MS: Final = 3 * 3_600_000
"""How far from midnight an issuer's business day may end."""


class Client(Protocol):
    """A terminal or a bank, as far as its line goes."""

    @property
    def line(self) -> Line | None:
        """Its line, None while there is none."""

    def half_close(self) -> None:
        """Send nothing more over it, and read on."""


class Business(Client, Protocol):
    """A bank: it has a line, keys and a business day."""

    def change_key(self, kind: str, key: bytes) -> None:
        """Give the switch a new key."""

    def end_day(self, shift_ms: int) -> None:
        """Have the business day end so much before midnight."""


class Passing:
    """What passes over a world while its faults are on."""

    def __init__(
        self,
        road: Road,
        hosts: Sequence[Host],
        clients: tuple[Sequence[Client], Sequence[Business]],
        gazette: Gazette | None = None,
    ) -> None:
        """Take those whom it may hit: switches, terminals and banks, and what is reloaded."""
        booths, banks = clients
        self._road = road
        self._hosts = hosts
        self._booths = booths
        self._banks = banks
        self._day = 0
        self._kinds: Mapping[str, tuple[int, Callable[[Random], None]]] = {
            "cut_terminal": (len(booths), lambda chance: _cut(chance.choice(booths))),
            "cut_link": (len(banks), lambda chance: _cut(chance.choice(banks))),
            "half_close": (len(booths) + len(banks), self._half_close),
            "stuck": (len(booths) + len(banks), self._stick),
            "freeze": (len(hosts), self._freeze),
            "drain": (len(hosts), lambda chance: chance.choice(hosts).drain()),
            "reconfigure": (len(hosts), self._reconfigure),
            "reload": (0, _nothing) if gazette is None else (1, gazette.publish),
            "clock_jump": (1, self._move_clock),
            "key_change": (len(banks), self._change_key),
            "cut_over": (len(banks), self._cut_over),
        }

    def begin(self, seed: int, day: int = 0) -> None:
        """Plan the first of each kind on a day; what was planned before comes no more."""
        self._day = day
        for name, (number, happen) in self._kinds.items():
            if number:
                self._plan(name, number, stream(seed, f"{name}-{day}" if day else name), happen)

    def _plan(
        self, name: str, number: int, chance: Random, happen: Callable[[Random], None]
    ) -> None:
        """Plan the next of a kind, and those after it."""
        faults, agenda = self._road.faults, self._road.agenda
        wait_ns, day = faults.comes_in_ns(chance, name, number), self._day

        def come() -> None:
            if faults.is_on and day == self._day:
                faults.came(name)
                happen(chance)
                self._plan(name, number, chance, happen)

        if wait_ns:
            agenda.after(wait_ns, come)

    def _half_close(self, chance: Random) -> None:
        chance.choice([*self._booths, *self._banks]).half_close()

    def _stick(self, chance: Random) -> None:
        """Have one side of a line read nothing for a while."""
        line = chance.choice([*self._booths, *self._banks]).line
        lasts_ns = self._road.faults.lasts_ns(chance, "stuck_ms")
        is_client = chance.random() < 0.5  # noqa: PLR2004 - as likely as not
        if line is not None:
            way = line.back if is_client else line.there
            way.stick(self._road.agenda.now_ns + lasts_ns)

    def _freeze(self, chance: Random) -> None:
        host = chance.choice(self._hosts)
        host.freeze(self._road.faults.lasts_ns(chance, "freeze_ms"))

    def _reconfigure(self, chance: Random) -> None:
        host = chance.choice(self._hosts)
        timers, stored = chance.choice((SLOW, QUICK)), chance.random() < 0.5  # noqa: PLR2004
        old = host.configuration
        host.reconfigure(
            replace(old, number=old.number + 1, timers=timers, repeats_get_stored_answer=stored)
        )

    def _move_clock(self, chance: Random) -> None:
        most_ms = self._road.faults.longest_ms["clock_jump_ms"]
        self._road.agenda.utc_offset_ms += chance.randint(-most_ms, most_ms)

    def _change_key(self, chance: Random) -> None:
        chance.choice(self._banks).change_key(chance.choice(("PIK", "MAK")), chance.randbytes(16))

    def _cut_over(self, chance: Random) -> None:
        chance.choice(self._banks).end_day(chance.randint(-_CUT_OVER_MS, _CUT_OVER_MS))


def _nothing(_chance: Random) -> None:
    """Do nothing: there is no registry."""


def _cut(client: Client) -> None:
    """Lose a line from outside."""
    if client.line is not None:
        client.line.cut()
