"""Two traces compared (simulators/replay): their requests paired, both ends field by field.

Both are read side by side, so that what waits for its counterpart is little, however long they are.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from simulators.replay.trace.form import Frame, Side
from simulators.replay.trace.pairing import Exchange, exchanges
from simulators.replay.trace.reading import Trace
from simulators.replay.verdict.comparing import GIVEN, NONE, Comparer, Outcome
from simulators.wire import Wire

MOST_WAITING: Final = 100_000
"""Exchanges of either trace that may wait for their counterpart."""
SIGN_ON: Final = "0800"
MANAGING: Final = "messages that only manage a line"
LONE: Final = "answers without a request"
UNREADABLE: Final = "frames that cannot be read"

Key = tuple[str, ...]


class Between:
    """Compares two traces; `comparers` has what was found, by side."""

    def __init__(
        self, wires: Mapping[Side, Wire], comparers: Mapping[Side, Comparer], *, any_stan: bool
    ) -> None:
        """Prepare; with `any_stan` a terminal's request is the same whatever its STAN."""
        self.comparers = comparers
        self.left_out: Counter[str] = Counter()
        """What is not compared, and why."""
        self._wires = wires
        self._any_stan = any_stan
        self._waiting: tuple[_Pool, _Pool] = (_Pool(), _Pool())

    def of(self, one: Trace, other: Trace) -> Between:
        """Compare both to their ends; return itself."""
        for which, exchange in _in_turn(exchanges(self._read(one)), exchanges(self._read(other))):
            self._take(which, exchange)
        self.left_out = +self.left_out
        for which in (0, 1):
            while (left := self._waiting[which].oldest()) is not None:
                self._alone(which, left)
        return self

    def _read(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            self.left_out[UNREADABLE] += frame.summary is None
            yield frame

    def _take(self, which: int, exchange: Exchange) -> None:
        request = exchange.request
        if request is None:
            self.left_out[LONE] += 1
            return
        if request.summary is None or request.side not in self.comparers:
            return
        key = self._key(request)
        if key is None:
            # They keep a line alive or manage it: no two days have as many.
            self.left_out[MANAGING] += 1
            return
        found = self._waiting[1 - which].take(key)
        if found is not None:
            pair = (found, exchange) if which else (exchange, found)
            self._compare(*pair)
        elif (over := self._waiting[which].add(key, exchange)) is not None:
            self._alone(which, over)

    def _key(self, request: Frame) -> Key | None:
        said = request.summary
        if said is None or (said.mti.startswith("08") and said.mti != SIGN_ON):
            return None
        if request.side == "issuer" and said.mti == SIGN_ON:
            return None
        stan = said.stan if request.side == "terminal" and not self._any_stan else ""
        card = f"{said.pan[:6]}{said.pan[-4:]}"
        amount = str(said.amount_fen)
        return request.side, said.mti, said.processing, said.terminal, card, amount, stan

    def _compare(self, one: Exchange, other: Exchange) -> None:
        asked, again = one.request, other.request
        if asked is None or again is None:
            return
        comparer, wire = self.comparers[asked.side], self._wires[asked.side]
        kind = _kind(asked)
        before, now = wire.bare(asked.data), wire.bare(again.data)
        recorded, answered = (
            None if each is None else wire.bare(each.data) for each in (one.answer, other.answer)
        )
        outcome = Outcome(kind, before, recorded, answered, one.latency_us, other.latency_us)
        comparer.take(outcome, asked=now)

    def _alone(self, which: int, exchange: Exchange) -> None:
        request = exchange.request
        if request is None:
            return
        wire = self._wires[request.side]
        outcome = Outcome(_kind(request), wire.bare(request.data), None, None, None, None)
        given = (GIVEN, NONE) if which == 0 else (NONE, GIVEN)
        self.comparers[request.side].lacks(outcome, *given)


class _Pool:
    """Exchanges that wait, the oldest first."""

    def __init__(self) -> None:
        self._by_key: OrderedDict[Key, deque[Exchange]] = OrderedDict()
        self._count = 0

    def add(self, key: Key, exchange: Exchange) -> Exchange | None:
        """Have one wait; return the oldest if there are too many."""
        self._by_key.setdefault(key, deque()).append(exchange)
        self._count += 1
        return self.oldest() if self._count > MOST_WAITING else None

    def take(self, key: Key) -> Exchange | None:
        """Return and forget the first with a key; None where none waits."""
        waiting = self._by_key.get(key)
        if not waiting:
            return None
        self._count -= 1
        found = waiting.popleft()
        if not waiting:
            del self._by_key[key]
        return found

    def oldest(self) -> Exchange | None:
        """Return and forget the one that has waited longest; None where none waits."""
        key = next(iter(self._by_key), None)
        return None if key is None else self.take(key)


def _kind(request: Frame) -> str:
    said = request.summary
    name = f"{said.mti} {said.processing}".rstrip() if said is not None else ""
    return f"{name} at the issuer" if request.side == "issuer" else name


def _in_turn(one: Iterator[Exchange], other: Iterator[Exchange]) -> Iterator[tuple[int, Exchange]]:
    """Yield from both in turn, and then what the longer one has more."""
    sources = [(0, one), (1, other)]
    while sources:
        for source in tuple(sources):
            found = next(source[1], None)
            if found is None:
                sources.remove(source)
            else:
                yield source[0], found
