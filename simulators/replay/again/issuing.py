"""An issuer that answers as the recorded one did (simulators/replay): code, delay, silence.

Requests are known again by what the switch passes on: kind, terminal, card and amount. What was
never recorded is served as usual.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from simulators.cards import Card
from simulators.issuer import CALM, Temper
from simulators.replay.trace.form import Frame
from simulators.replay.trace.pairing import exchanges
from simulators.wire import Heard, Wire

MOST_WAIT_MS: Final = 60_000
"""A recorded answer that took longer counts as none."""
_APPROVED: Final = frozenset({"00", "11", "A2", "A4", "A5", "A6"})

Key = tuple[str, str, str, str, str]


class _Did(NamedTuple):
    """How a recorded issuer treated one request."""

    code: str
    wait_ms: int
    is_answered: bool


class Recorded:
    """The answers of one recorded issuer link, each used once, in order."""

    def __init__(
        self, frames: Iterable[Frame], link: str, wire: Wire, cards: Mapping[str, Card]
    ) -> None:
        """Learn what was answered on `link` (empty: on any)."""
        self._did: dict[Key, deque[_Did]] = {}
        self.count = 0
        self.found: Counter[str] = Counter()
        mine = (f for f in frames if f.side == "issuer" and link in {"", f.connection})
        for exchange in exchanges(mine):
            request, answer = exchange.request, exchange.answer
            if request is None or request.to != "peer" or request.summary is None:
                continue
            heard = wire.hear(wire.bare(request.data))
            card = cards.get(heard.get(2))
            key = _key(heard, card.pan if card is not None else heard.get(2))
            code = answer.summary.code if answer is not None and answer.summary else ""
            wait_ms = (exchange.latency_us or 0) // 1_000
            is_answered = answer is not None and wait_ms <= MOST_WAIT_MS
            self._did.setdefault(key, deque()).append(_Did(code, max(0, wait_ms), is_answered))
            self.count += 1

    def temper(self, heard: Heard, *, timed: bool = True) -> Temper:
        """Return how a request is to be treated, as the recorded one of its kind was."""
        waiting = self._did.get(_key(heard, heard.get(2)))
        if not waiting:
            self.found["not recorded"] += 1
            return CALM
        did = waiting.popleft()
        self.found["as recorded"] += 1
        refuses = did.code if did.code and did.code not in _APPROVED else ""
        return Temper(
            delay_ms=did.wait_ms if timed else 0, answers=int(did.is_answered), code=refuses
        )


def _key(heard: Heard, pan: str) -> Key:
    return heard.mti, heard.get(3), heard.get(41), pan, heard.get(4)
