"""The figures of a trace (simulators/replay): how much of what, answered how, and how quickly.

Waiting times are counted in steps of three figures, so that memory does not grow with the trace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from simulators.replay.trace.form import Frame
from simulators.replay.trace.pairing import Exchange, exchanges

QUANTILES: Final = (0.5, 0.9, 0.99)
_FIGURES: Final = 3
MOST_KINDS: Final = 1_000
"""Kinds of message that are told apart; a hostile trace may have any number."""


class Spread:
    """Waiting times in microseconds, each kept to three figures."""

    __slots__ = ("_counts", "count", "longest_us")

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self.count = 0
        self.longest_us = 0

    def add(self, wait_us: int) -> None:
        """Count one wait; a negative one is none."""
        wait_us = max(0, wait_us)
        step = 10 ** max(0, len(str(wait_us)) - _FIGURES)
        self._counts[wait_us // step * step] += 1
        self.count += 1
        self.longest_us = max(self.longest_us, wait_us)

    def quantile_us(self, share: float) -> int:
        """Return the wait that this share of all did not exceed; 0 without any."""
        wanted, seen = share * self.count, 0
        for wait_us in sorted(self._counts):
            seen += self._counts[wait_us]
            if seen >= wanted:
                return wait_us
        return 0

    def told(self) -> dict[str, int]:
        """Return count, quantiles and the longest."""
        quantiles = {f"p{share * 100:g}_us": self.quantile_us(share) for share in QUANTILES}
        return {"count": self.count, **quantiles, "longest_us": self.longest_us}


class Kind:
    """One kind of request: how often, how answered, how quickly."""

    __slots__ = ("codes", "count", "spread", "unanswered")

    def __init__(self) -> None:
        self.count = 0
        self.unanswered = 0
        self.codes: Counter[str] = Counter()
        self.spread = Spread()


class Figures:
    """The figures of a whole trace."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.frames = 0
        self.unreadable = 0
        self.noted = 0
        self.first_us = 0
        self.last_us = 0
        self.connections: Counter[tuple[str, str]] = Counter()
        self.kinds: dict[tuple[str, str, str], Kind] = {}
        self.unasked = 0

    def of(self, frames: Iterable[Frame]) -> Figures:
        """Count a whole trace; return itself."""
        for exchange in exchanges(self._seen(frames)):
            self._take(exchange)
        return self

    def _seen(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            if not self.frames:
                self.first_us = frame.at_us
            self.frames += 1
            self.last_us = max(self.last_us, frame.at_us)
            self.unreadable += frame.summary is None
            self.noted += bool(frame.note)
            place = (frame.side, frame.connection)
            if place in self.connections or len(self.connections) < MOST_KINDS:
                self.connections[place] += 1
            else:
                self.connections[frame.side, "others"] += 1
            yield frame

    def _take(self, exchange: Exchange) -> None:
        request, answer = exchange.request, exchange.answer
        if request is None or request.summary is None:
            self.unasked += 1
            return
        name = (request.side, request.summary.mti, request.summary.processing)
        if name not in self.kinds and len(self.kinds) >= MOST_KINDS:
            name = (request.side, "others", "")
        kind = self.kinds.setdefault(name, Kind())
        kind.count += 1
        if answer is None or answer.summary is None:
            kind.unanswered += 1
            return
        kind.codes[answer.summary.code or "--"] += 1
        kind.spread.add(exchange.latency_us or 0)

    def told(self) -> dict[str, Any]:
        """Return everything as plain values, for JSON."""
        return {
            "frames": self.frames,
            "unreadable": self.unreadable,
            "with_notes": self.noted,
            "first_us": self.first_us,
            "last_us": self.last_us,
            "connections": len(self.connections),
            "unasked_answers": self.unasked,
            "kinds": [
                {
                    "side": side,
                    "mti": mti,
                    "processing": processing,
                    "count": kind.count,
                    "unanswered": kind.unanswered,
                    "codes": dict(kind.codes.most_common()),
                    "latency": kind.spread.told(),
                }
                for (side, mti, processing), kind in sorted(self.kinds.items())
            ],
        }
