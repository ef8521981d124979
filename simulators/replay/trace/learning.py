"""A load scenario learned from a trace (simulators/replay): mix, amounts, rate, rests, cards.

What a scenario has no word for (reversals, social services, what came twice) is counted and told.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from messages.errors import DecodeError
from simulators.load.scenario.model import KINDS
from simulators.replay.trace.figures import Spread
from simulators.replay.trace.form import Frame
from simulators.replay.trace.pairing import Exchange, exchanges
from simulators.requests import CODES
from simulators.terminal_memory import Kind
from simulators.wire import Heard, Wire

MOST_AMOUNTS: Final = 64
"""Amounts that a scenario lists; of more, as many that stand for equal shares of them all."""
MOST_DISTINCT: Final = 100_000
"""Amounts and cards that are told apart."""
LONGEST_REST_US: Final = 600_000_000
"""A terminal that asks for nothing for longer has no customer."""
SHORTEST_S: Final = 10.0
LONGEST_S: Final = 3_600.0
_US: Final = 1_000_000
_MINUTE_US: Final = 60 * _US
_KINDS: Final = {codes[:3]: kind for kind, codes in CODES.items() if kind in KINDS}
_NETWORK: Final = {"002": Kind.SIGN_OFF, "301": Kind.ECHO}
_OWN_AMOUNT: Final = frozenset({Kind.BALANCE, Kind.VOID, Kind.AUTHORISATION_VOID})
"""Kinds whose amount nobody chose: there is none, or it is that of the original."""
_HOT: Final = 10
"""One card in so many is called hot."""
_HOT_SHARE: Final = 0.2
"""The share of all transactions above which those cards are worth a word."""


class Learnt:
    """What a trace teaches."""

    def __init__(self, wire: Wire) -> None:
        """Begin with nothing."""
        self._wire = wire
        self.kinds: Counter[Kind] = Counter()
        self.left_out: Counter[str] = Counter()
        self.amounts: Counter[int] = Counter()
        self.cards: Counter[int] = Counter()
        self.rests = Spread()
        self.first_us: int | None = None
        self.last_us = 0
        self.busiest = 0
        self._rest_sums = [0.0, 0.0]
        self._free_us: dict[str, int] = {}
        self._minute = (0, 0)

    def of(self, frames: Iterable[Frame]) -> Learnt:
        """Learn from the terminal side of a whole trace; return itself."""
        for exchange in exchanges(self._seen(frames)):
            self._answered(exchange)
        return self

    @property
    def terminals(self) -> int:
        """How many terminals there were."""
        return len(self._free_us)

    @property
    def count(self) -> int:
        """How many requests there are that a scenario can have."""
        return self.kinds.total()

    @property
    def span_s(self) -> float:
        """The seconds from the first request to the last."""
        return 0.0 if self.first_us is None else (self.last_us - self.first_us) / _US

    @property
    def rest_ms(self) -> tuple[float, float]:
        """Mean and standard deviation of the rests."""
        count = self.rests.count or 1
        mean = self._rest_sums[0] / count
        return mean, math.sqrt(max(0.0, self._rest_sums[1] / count - mean * mean))

    def _seen(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            if frame.side != "terminal":
                continue
            if frame.to == "switch":
                self._asked(frame)
            yield frame

    def _asked(self, frame: Frame) -> None:
        try:
            heard = self._wire.hear(self._wire.bare(frame.data))
        except DecodeError:
            self.left_out["unreadable"] += 1
            return
        terminal = heard.get(41)
        free_us = self._free_us.get(terminal)
        self._free_us[terminal] = frame.at_us
        kind = _kind(heard)
        if kind is None:
            self.left_out[_why(heard)] += 1
            return
        self.first_us = frame.at_us if self.first_us is None else self.first_us
        self.last_us = max(self.last_us, frame.at_us)
        self.kinds[kind] += 1
        minute = frame.at_us // _MINUTE_US
        self._minute = minute, (self._minute[1] if self._minute[0] == minute else 0) + 1
        self.busiest = max(self.busiest, self._minute[1])
        if heard.get(4).isdecimal() and kind not in _OWN_AMOUNT:
            _counted(self.amounts, int(heard.get(4)))
        if card := heard.get(2) or heard.get(35).partition("=")[0]:
            _counted(self.cards, hash(card))
        if free_us is not None and 0 <= frame.at_us - free_us <= LONGEST_REST_US:
            self._rested(frame.at_us - free_us)

    def _rested(self, rest_us: int) -> None:
        self.rests.add(rest_us)
        rest_ms = rest_us / 1_000
        self._rest_sums[0] += rest_ms
        self._rest_sums[1] += rest_ms * rest_ms

    def _answered(self, exchange: Exchange) -> None:
        answer = exchange.answer
        if answer is not None and exchange.request is not None and answer.summary is not None:
            terminal = answer.summary.terminal
            if terminal in self._free_us:
                self._free_us[terminal] = max(self._free_us[terminal], answer.at_us)


def _kind(heard: Heard) -> Kind | None:
    if heard.mti == "0820":
        return _NETWORK.get(heard.get(60)[8:11])
    if heard.mti == "0500":
        return Kind.SETTLEMENT
    return _KINDS.get((heard.mti, heard.get(3), heard.get(25)))


def _why(heard: Heard) -> str:
    if heard.mti == "0800":
        return "sign-ons, which come before the start"
    if heard.mti == "0400":
        return "reversals, which come by themselves"
    return f"{heard.mti} {heard.get(3)}".rstrip() + ", which no scenario has"


def _counted(counter: Counter[int], value: int) -> None:
    if value in counter or len(counter) < MOST_DISTINCT:
        counter[value] += 1


def scenario(learnt: Learnt, name: str, *, seconds: float = 0.0, closed: bool = False) -> str:
    """Return the text of a load scenario; ValueError where there is nothing to learn from.

    It runs for `seconds`, or for as long as the trace. An open loop has the rate of the trace and
    lets a terminal rest as the quickest tenth did; a `closed` one draws its rests as they were.
    """
    if not learnt.count:
        raise ValueError("it has no request of a terminal that a load scenario can have")
    span_s = learnt.span_s or 1.0
    lasts = seconds or min(LONGEST_S, max(SHORTEST_S, round(span_s, 1)))
    crowd = f"{learnt.count} requests of {learnt.terminals} terminals in {span_s:.0f} seconds"
    lines = [
        f"# Learned from {crowd}; {learnt.busiest} in the busiest minute.",
        *(f"# Left out: {count} {why}." for why, count in learnt.left_out.most_common()),
        "format = 1",
        'kind = "load"',
        f"name = {msgspec.json.encode(name).decode()}",
        f'loop = "{"closed" if closed else "open"}"',
        f"seconds = {lasts:.1f}",
        f"warm_up_s = {lasts / 10:.1f}",
        "",
        "[arrivals]",
        'schedule = "poisson"',
        f"rate = {max(0.001, learnt.count / span_s):.3f}",
    ]
    for kind, count in learnt.kinds.most_common():
        lines += ["", "[[mix]]", f'kind = "{kind}"', f"weight = {float(count)}"]
    lines += [*_amounts(learnt), *_cards(learnt)]
    lines += [
        "",
        "[fleet]",
        f"terminals = {max(1, learnt.terminals)}",
        *_think(learnt, closed=closed),
    ]
    return "\n".join(lines) + "\n"


def _amounts(learnt: Learnt) -> list[str]:
    told = sorted(learnt.amounts.items())
    if not told:
        return []
    if len(told) > MOST_AMOUNTS:
        told = [(amount, 1) for amount in _shares(told)]
    return [
        "",
        "[amounts]",
        'draw = "choice"',
        f"choices = {[amount for amount, _ in told]}",
        f"weights = {[float(count) for _, count in told]}",
    ]


def _shares(told: list[tuple[int, int]]) -> Iterator[int]:
    """Yield amounts in the middle of equal shares of all transactions."""
    total, passed, place = sum(count for _, count in told), 0, 0
    for amount, count in told:
        passed += count
        while place < MOST_AMOUNTS and passed * MOST_AMOUNTS >= total * (place + 0.5):
            yield amount
            place += 1


def _cards(learnt: Learnt) -> list[str]:
    if not learnt.cards:
        return []
    lines = ["", "[cards]", f"count = {len(learnt.cards)}"]
    hot = len(learnt.cards) // _HOT
    share = sum(count for _, count in learnt.cards.most_common(hot)) / learnt.cards.total()
    if hot and share > _HOT_SHARE:
        lines += [f"hot = {hot}", f"hot_share = {share:.3f}"]
    return lines


def _think(learnt: Learnt, *, closed: bool) -> list[str]:
    if not learnt.rests.count:
        return []
    mean, deviation = learnt.rest_ms
    lines = ["", f"# Rests: mean {mean:.0f} ms, standard deviation {deviation:.0f} ms.", "[think]"]
    if not closed:
        return [*lines, 'draw = "fixed"', f"ms = {learnt.rests.quantile_us(0.1) / 1_000:.1f}"]
    spread = deviation / mean if mean else 0.0
    if spread < 0.25 or mean < 1:  # noqa: PLR2004 - nearly the same every time
        return [*lines, 'draw = "fixed"', f"ms = {mean:.1f}"]
    if spread < 0.75:  # noqa: PLR2004 - a uniform draw from 0 has 0.58, an exponential one 1
        half = min(mean, deviation * math.sqrt(3))
        return [*lines, 'draw = "uniform"', f"ms = {mean - half:.1f}", f"to_ms = {mean + half:.1f}"]
    return [*lines, 'draw = "exponential"', f"ms = {mean:.1f}"]
