"""An issuer's host in its world (simulators/world): its link, its temper, its key changes.

The switch connects; the bank only listens, and may be reached over one connection at a time.
"""

from __future__ import annotations

from random import Random
from typing import Final

from messages.crypto.mac import MacAlgorithm
from simulators.accounts import APPROVED
from simulators.issuer import Issuer, Temper
from simulators.wire import Heard
from simulators.world.agenda import MINUTE, MS, SECOND
from simulators.world.host import Host
from simulators.world.lines import Line, Road, Way
from simulators.world.plant import Plant

_RECONNECT_NS: Final = (100 * MS, 5 * SECOND)
_OUTAGE_NS: Final = 3 * MINUTE
_ADVICE: Final = "0220"
_REFUSALS: Final = ("05", "51", "61", "75", "96", "10")


class Bank:
    """One issuer, and the line that the switch keeps to it."""

    def __init__(self, name: str, issuer: Issuer, host: Host, road: Road, chance: Random) -> None:
        """Be connected when the switch is up."""
        self.name = name
        self.issuer = issuer
        self.plant: Plant
        self.host = self._host = host
        self._road = road
        self._chance = chance
        self._line: Line | None = None
        self._is_connecting = False
        self._timer_ns: int | None = None
        self._framing = issuer.framing
        issuer.temper, issuer.garble = self._temper, self._garble
        self._garbled = 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing is on its way or being thought over."""
        return self.issuer.next_due_ns is None and (self._line is None or self._line.is_empty)

    def reach(self) -> None:
        """Have the switch connect, as it does after a start and after a loss."""
        if self._is_connecting:
            return
        self._is_connecting = True
        chance, faults = self._chance, self._road.faults
        wait_ns, outage_ns = chance.randint(*_RECONNECT_NS), chance.randint(0, _OUTAGE_NS)
        if faults.happens(chance, "outage"):
            wait_ns += outage_ns
        self._road.agenda.after(wait_ns, self._connect)

    def _connect(self) -> None:
        self._is_connecting = False
        if self.name in self._host.links:
            return
        if not self._host.is_started:
            return
        line = Line(
            self._road,
            there=Way(
                self._road,
                self._framing,
                lambda f: self._receive(line, f),
                lambda: self._lost(line),
            ),
            back=Way(
                self._road,
                self._framing,
                lambda f: self._host.link_frame(self.name, line, f),
                lambda: self._switch_lost(line),
            ),
        )
        self._line = line
        self.issuer.connected()
        self._host.link_up(self.name, line)

    def _switch_lost(self, line: Line) -> None:
        self._host.link_gone(self.name, line)
        self.reach()

    def _lost(self, line: Line) -> None:
        if self._line is line:
            self._line = None
            self.issuer.disconnected()

    @property
    def line(self) -> Line | None:
        """Its line, None while there is none."""
        return self._line

    def change_key(self, kind: str, key: bytes) -> None:
        """Give the switch a new key, `PIK` or `MAK`, where there is a line."""
        if self._line is not None:
            self._send([self.issuer.change_key(kind, key, self._road.agenda.moment)])

    def end_day(self, shift_ms: int) -> None:
        """Have the business day end so much before midnight."""
        self.issuer.day_shift_ms = shift_ms

    def half_close(self) -> None:
        """Send nothing more over the line, and read on until the switch ends it."""
        if self._line is not None:
            self._line.back.end(loses=False)

    def _receive(self, line: Line, frame: bytes) -> None:
        if self._line is line:
            before = len(self.issuer.heard_reversals)
            self._send(self.issuer.received(frame, self._road.agenda.moment))
            if len(self.issuer.heard_reversals) > before:
                self.plant.heard(self.issuer.heard_reversals)

    def _send(self, frames: list[bytes]) -> None:
        for frame in frames:
            if self._line is not None:
                self._line.back.send(frame)
        self._arm()

    def _arm(self) -> None:
        due_ns = self.issuer.next_due_ns
        if due_ns is None or (self._timer_ns is not None and self._timer_ns <= due_ns):
            return
        self._timer_ns = due_ns
        self._road.agenda.at(due_ns, lambda: self._ring(due_ns))

    def _ring(self, due_ns: int) -> None:
        if self._timer_ns == due_ns:
            self._timer_ns = None
            before = len(self.issuer.heard_reversals)
            self._send(self.issuer.expire(self._road.agenda.moment))
            if len(self.issuer.heard_reversals) > before:
                self.plant.heard(self.issuer.heard_reversals)

    def _temper(self, heard: Heard) -> Temper:
        """Draw how a request is treated; the same draws are made for each."""
        chance, faults = self._chance, self._road.faults
        late_ms = chance.randint(1, faults.longest_ms["issuer_late_ms"] + 1)
        is_reversal = heard.mti.startswith("042")
        is_told = is_reversal or heard.mti == _ADVICE
        refuses = faults.happens(chance, "issuer_refuses")
        keeps = faults.happens(chance, "issuer_keeps")
        code = chance.choice(_REFUSALS)
        is_deaf = faults.happens(chance, "issuer_deaf")
        is_silent = faults.happens(chance, "issuer_silent")
        return Temper(
            think_ms=late_ms if faults.happens(chance, "issuer_thinks") else 0,
            delay_ms=late_ms if faults.happens(chance, "issuer_late") else 0,
            answers=0 if is_silent else 1 + faults.happens(chance, "issuer_twice"),
            ignores=is_deaf,
            code=code if (keeps if is_told else refuses) else "",
            shifts_stan=faults.happens(chance, "issuer_shifts"),
            breaks_mac=faults.happens(chance, "issuer_breaks_mac"),
            rejects_header=faults.happens(chance, "issuer_rejects") and not is_reversal,
        )

    def _garble(self, whole: bytes, mac: MacAlgorithm) -> bytes:
        """Change an answer's MAC, or by turns what it is the MAC of: an approval is a refusal."""
        wire = self.plant.issuer_wire
        heard = wire.hear(wire.bare(whole))
        self._garbled += 1
        if self._garbled % 2:
            bare = heard.frame[:-1] + bytes([heard.frame[-1] ^ 1])
        else:
            code = _REFUSALS[0] if heard.get(39) == APPROVED else APPROVED
            bare = heard.view.patch({39: code})
            if self.plant.believes_macs:
                fields = {**heard.fields, 39: code}
                del fields[wire.mac_field]
                heads = heard.frame[: wire.dialect.frame.head_size]
                bare = wire.bare(wire.say(heads, heard.mti, fields, mac))
        self._host.garbled(bare)
        return wire.framing.join(bare)
