"""The conversation of one terminal in a trace (simulators/replay): what it asked, step by step.

What no conformance case has a word for is counted and told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from messages.dialects.dialect import Dialect
from messages.framing import Framing
from simulators.conformance.hearing.heard import Heard, read
from simulators.replay.trace.form import Frame, TraceError
from simulators.replay.trace.pairing import Exchange, exchanges
from simulators.requests import CODES
from simulators.terminal_memory import Kind

MOST_STEPS: Final = 200
"""Requests of one conversation; a day of a busy terminal is no case."""
MOST_CARDS: Final = 10
"""Test cards that a conformance host knows."""
_NAMED: Final = 5
_US: Final = 1_000_000
_SUPPORTED: Final = (Kind.BALANCE, Kind.WITHDRAWAL, Kind.SALE, Kind.PAYMENT, Kind.VOID)
_FINANCIAL: Final = {CODES[kind][:3]: kind for kind in _SUPPORTED}
_MANAGING: Final = {
    ("0800", "003"): Kind.SIGN_ON,
    ("0800", "004"): Kind.SIGN_ON,
    ("0820", "002"): Kind.SIGN_OFF,
    ("0820", "301"): Kind.ECHO,
    ("0500", "201"): Kind.SETTLEMENT,
}
_APPROVED: Final = "00"
_PAN, _TRACK_2 = "2", "35"


class Step(msgspec.Struct, kw_only=True):
    """One request of a conversation and its answer, None where none came.

    `card` is which card of the conversation it is, by number; `of` the step that a void or a
    reversal is about, by its place; `reversal` the answer to the reversal of this step.
    """

    kind: Kind
    asked: Heard
    answer: Heard | None
    latency_s: float = 0
    card: int = 0
    of: int | None = None
    reversal: Step | None = None

    @property
    def code(self) -> str:
        """DE 39 of the answer, empty without one."""
        return self.answer.get("39") if self.answer is not None else ""

    @property
    def amount_fen(self) -> int:
        """DE 4, 0 where there is none."""
        text = self.asked.get("4")
        return int(text) if text.isdecimal() else 0


class Conversation:
    """What one terminal did, in the order of its requests; `left_out` is what no case has."""

    def __init__(self, dialects: Sequence[Dialect], cards: Mapping[str, int]) -> None:
        """Begin with nothing; a frame is of the first dialect that knows it.

        `cards` are test cards by stand-in; others get numbers in the order in which they come.
        """
        self._dialects = [(dialect, Framing(dialect.frame)) for dialect in dialects]
        self._known = cards
        self._cards: dict[str, int] = {}
        self.terminal = ""
        self.steps: list[Step] = []
        self.left_out: Counter[str] = Counter()

    def of(self, frames: Iterable[Frame], terminal: str = "") -> Conversation:
        """Learn what `terminal` did (empty: the only one there is); return itself.

        TraceError where there are several terminals, or nothing that a case could have.
        """
        found = sorted(_exchanges_of(frames, terminal), key=_begun)
        for exchange in found:
            self._take(exchange)
        if not self.steps:
            whose = f"terminal {terminal}" if terminal else "the trace"
            raise TraceError(f"{whose} has no request that a conformance case can have")
        self.terminal = self.steps[0].asked.get("41")
        return self

    def _take(self, exchange: Exchange) -> None:
        asked = self._read(exchange.request)
        if asked is None:
            self.left_out["unreadable"] += 1
            return
        answer = self._read(exchange.answer)
        step = Step(
            kind=_kind(asked) or Kind.REVERSAL,
            asked=asked,
            answer=answer,
            latency_s=(exchange.latency_us or 0) / _US,
            card=self._card(asked),
        )
        if asked.mti.startswith("04"):
            self._reversed(step)
        elif _kind(asked) is None:
            self.left_out[f"{asked.mti} {asked.get('3')}".rstrip() + ", which no case has"] += 1
        elif step.kind is Kind.VOID and self._original(asked) is None:
            self.left_out["a void of what is not in the trace"] += 1
        else:
            step.of = self._original(asked) if step.kind is Kind.VOID else None
            self.steps.append(step)

    def _reversed(self, step: Step) -> None:
        stan = step.asked.get("11")
        for before in reversed(self.steps):
            if before.asked.get("11") == stan and before.kind in _SUPPORTED:
                # A reversal that is sent again: the last answer is how it ended.
                before.reversal = step
                return
        self.left_out["a reversal of what is not in the trace"] += 1

    def _original(self, asked: Heard) -> int | None:
        """Return the place of what a void is about: by RRN, or by its trace number."""
        for place, step in reversed(list(enumerate(self.steps))):
            if step.code != _APPROVED or step.answer is None or not step.amount_fen:
                continue
            rrn = step.answer.get("37")
            if (rrn and rrn == asked.get("37")) or step.asked.get("11") == asked.get("61.2"):
                return place
        return None

    def _read(self, frame: Frame | None) -> Heard | None:
        found: Heard | None = None
        for dialect, framing in self._dialects if frame is not None else ():
            prefix = framing.prefix_size
            heard = read(dialect, framing, frame.data[prefix:]) if frame is not None else None
            if isinstance(heard, Heard):
                if heard.found is not None:
                    return heard
                found = found or heard
        return found

    def _card(self, asked: Heard) -> int:
        token = asked.get(_PAN) or asked.get(_TRACK_2).partition("=")[0]
        if not token:
            return 0
        if token in self._known:
            return self._known[token]
        if token not in self._cards:
            if self._known:
                self.left_out["test card of a rule for a card: another one stands for it"] += 1
            others = {*self._known.values(), *self._cards.values()}
            free = (number for number in range(MOST_CARDS) if number not in others)
            self._cards[token] = next(free, len(self._cards) % MOST_CARDS)
        return self._cards[token]


def _exchanges_of(frames: Iterable[Frame], terminal: str) -> list[Exchange]:
    """Return the exchanges of a terminal; TraceError for several of them, or too many requests."""
    names: dict[str, None] = {}
    found: list[Exchange] = []
    for exchange in exchanges(frame for frame in frames if frame.side == "terminal"):
        request = exchange.request
        if request is None or request.summary is None or request.to != "switch":
            continue
        name = request.summary.terminal
        if len(names) <= _NAMED:
            names[name] = None
        if terminal in {"", name}:
            found.append(exchange)
        is_enough = len(found) > MOST_STEPS and (terminal or len(names) == 1)
        if is_enough or (not terminal and len(names) > _NAMED):
            break
    if not terminal and len(names) > 1:
        more = " and more" if len(names) > _NAMED else ""
        listed = ", ".join(list(names)[:_NAMED])
        raise TraceError(f"whose conversation? Say --terminal: there are {listed}{more}")
    if len(found) > MOST_STEPS:
        raise TraceError(
            f"more than {MOST_STEPS} requests: cut a conversation out first (jinbao trace cut)"
        )
    return found


def _begun(exchange: Exchange) -> int:
    return exchange.request.at_us if exchange.request is not None else 0


def _kind(asked: Heard) -> Kind | None:
    if asked.mti in {"0800", "0820", "0500"}:
        return _MANAGING.get((asked.mti, asked.get("60.3")))
    return _FINANCIAL.get((asked.mti, asked.get("3"), asked.get("25")))
