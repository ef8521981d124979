"""Trouble on the terminals' side (simulators/load), by the scenario's windows and its seed.

A fault knows the message: a wrong MAC is a wrong MAC in a right frame, and a terminal that vanishes
has just sent its request.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from time import perf_counter_ns
from typing import Final

from simulators.load.driving.crowd import Crowd
from simulators.load.driving.lines import Hub
from simulators.load.scenario.model import Fault

_NS_PER_S: Final = 1_000_000_000
TERMINALS: Final = frozenset({"bad_mac", "vanish", "line_flap"})
"""The faults that are made here; the others are the issuers'."""
_MAC_BYTES: Final = 8
_FINANCIAL: Final = (b"\x02\x00", b"0200")
_LOOK: Final = 24
"""Bytes from the start of a frame in which its MTI is."""


class TerminalTrouble:
    """What is wrong now: chances by kind of fault, each with a random stream of its own."""

    def __init__(self, seed: int, worker: int) -> None:
        """Begin without trouble."""
        self.shares: dict[str, float] = {}
        self.made: dict[str, int] = {}
        self._chances = {
            kind: Random(f"{seed}/{kind}/{worker}")  # noqa: S311 - seeded on purpose, no secret
            for kind in sorted(TERMINALS)
        }

    def spoil(self, frame: bytes) -> bytes:
        """Return a frame, its MAC changed where chance has it so."""
        if not _is_financial(frame) or not self._comes("bad_mac"):
            return frame
        self._count("bad_mac")
        last = frame[-1]
        # Still a character that a MAC can have: only its value is wrong.
        return frame[:-1] + (b"0" if last != ord("0") else b"1")

    def vanishes(self, frame: bytes) -> bool:
        """Tell whether a terminal hangs up now, this request just sent."""
        if not _is_financial(frame) or not self._comes("vanish"):
            return False
        self._count("vanish")
        return True

    def _comes(self, kind: str) -> bool:
        share = self.shares.get(kind, 0.0)
        return bool(share) and self._chances[kind].random() < share

    def _count(self, kind: str) -> None:
        self.made[kind] = self.made.get(kind, 0) + 1


def _is_financial(frame: bytes) -> bool:
    return len(frame) > _MAC_BYTES and any(mti in frame[:_LOOK] for mti in _FINANCIAL)


class FaultClock:
    """Turns faults on and off when their moment comes."""

    def __init__(self, hub: Hub, crowd: Crowd, trouble: TerminalTrouble) -> None:
        """Begin with `start`."""
        self._hub = hub
        self._crowd = crowd
        self._trouble = trouble
        self._ended = False

    def start(self, faults: Sequence[Fault], start_ns: int) -> None:
        """Plan every fault of the terminals' side from the start of the run."""
        for fault in faults:
            if fault.kind not in TERMINALS:
                continue
            begin_s = (start_ns - perf_counter_ns()) / _NS_PER_S + fault.from_s
            self._hub.loop.call_later(max(0.0, begin_s), self._begin, fault)
            self._hub.loop.call_later(max(0.0, begin_s + fault.for_s), self._end, fault)

    def stop(self) -> None:
        """Make no more trouble."""
        self._ended = True
        self._crowd.stage.trouble = None

    def _begin(self, fault: Fault) -> None:
        if self._ended:
            return
        if fault.kind == "line_flap":
            self._flap(fault, perf_counter_ns() + int(fault.for_s * _NS_PER_S))
            return
        self._trouble.shares[fault.kind] = fault.share
        self._crowd.stage.trouble = self._trouble

    def _flap(self, fault: Fault, until_ns: int) -> None:
        if self._ended or perf_counter_ns() >= until_ns:
            return
        self._crowd.hang_up()
        self._hub.loop.call_later(fault.ms / 1_000, self._flap, fault, until_ns)

    def _end(self, fault: Fault) -> None:
        self._trouble.shares.pop(fault.kind, None)
        if not self._trouble.shares:
            self._crowd.stage.trouble = None
