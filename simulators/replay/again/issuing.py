"""An issuer that answers as the recorded one did (simulators/replay): code, delay, silence.

Requests are known again by what the switch passes on: kind, terminal, card and amount. What was
never recorded is served as usual.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Final

from messages.errors import DecodeError
from simulators.cards import Card
from simulators.issuer import CALM, Temper, serves
from simulators.replay.trace.form import Frame
from simulators.replay.trace.pairing import Exchange, exchanges
from simulators.wire import Heard, Wire

MOST_WAIT_MS: Final = 60_000
"""A recorded answer that took longer counts as none."""
MOST_CODES: Final = 1_000
"""Response codes that are told apart."""
_ASKED: Final = frozenset({"0100", "0200", "0220", "0221", "0420", "0421", "0500", "0620", "0621"})
"""Requests; what manages the line is the bank's own."""
_APPROVED: Final = frozenset({"00", "11", "A2", "A4", "A5", "A6"})

_CODES_FROM: Final = 17
_TIME_FROM: Final = 32
_WAIT: Final = (1 << 16) - 1


class Recorded:
    """The answers of one recorded issuer link, each used once, in the order of their requests.

    An answer is one number (time of its request, code, wait, whether it came), and a request one
    digest: a day of a million frames takes some 100 MB.
    """

    def __init__(
        self, frames: Iterable[Frame], link: str, wire: Wire, cards: Mapping[str, Card]
    ) -> None:
        """Learn what was answered on `link` (empty: on any)."""
        self._did: dict[bytes, int | list[int]] = {}
        self._codes: list[str] = []
        self.count = 0
        self.links: Counter[str] = Counter()
        """Links to issuers in the trace, whichever is wanted, and how many requests each has."""
        self.elsewhere: Counter[str] = Counter()
        """What was asked on the link that no bank serves, by MTI and processing code."""
        self.addresses = ("", "")
        """Institution ids in the headers: of the issuer, and of the switch."""
        self.found: Counter[str] = Counter()
        for exchange in exchanges(self._mine(frames, link)):
            self._learn(exchange, wire, cards)
        for did in self._did.values():
            if isinstance(did, list):
                did.sort(reverse=True)

    def _mine(self, frames: Iterable[Frame], link: str) -> Iterator[Frame]:
        for frame in frames:
            if frame.side == "issuer":
                known = frame.connection in self.links or len(self.links) < MOST_CODES
                self.links[frame.connection] += frame.to == "peer" and known
                if link in {"", frame.connection}:
                    yield frame

    def _learn(self, exchange: Exchange, wire: Wire, cards: Mapping[str, Card]) -> None:
        request, answer = exchange.request, exchange.answer
        if request is None or request.to != "peer" or request.summary is None:
            return
        try:
            heard = wire.hear(wire.bare(request.data))
        except DecodeError:
            return
        if heard.mti not in _ASKED:
            return
        if not serves(heard):
            self.elsewhere[f"{heard.mti} {heard.get(3)}".rstrip()] += 1
            return
        header = wire.framing.read_heads(heard.frame).get("header", {})
        self.addresses = header.get("destination", "").strip(), header.get("source", "").strip()
        card = cards.get(heard.get(2))
        key = _key(heard, card.pan if card is not None else heard.get(2))
        code = answer.summary.code if answer is not None and answer.summary else ""
        wait_ms = max(0, exchange.latency_us or 0) // 1_000
        is_answered = answer is not None and wait_ms <= MOST_WAIT_MS
        if code not in self._codes and len(self._codes) < MOST_CODES:
            self._codes.append(code)
        number = self._codes.index(code) if code in self._codes else 0
        did = request.at_us << _TIME_FROM | number << _CODES_FROM
        did |= min(wait_ms, MOST_WAIT_MS) << 1 | is_answered
        known = self._did.get(key)
        if known is None:
            self._did[key] = did
        elif isinstance(known, list):
            known.append(did)
        else:
            self._did[key] = [known, did]
        self.count += 1

    def temper(self, heard: Heard, *, timed: bool = True) -> Temper:
        """Return how a request is to be treated, as the recorded one of its kind was."""
        key = _key(heard, heard.get(2))
        known = self._did.get(key)
        if known is None:
            self.found["not recorded"] += 1
            return CALM
        self.found["as recorded"] += 1
        did = known.pop() if isinstance(known, list) else known
        if not (isinstance(known, list) and known):
            del self._did[key]
        code = self._codes[did >> _CODES_FROM & (1 << _TIME_FROM - _CODES_FROM) - 1]
        refuses = code if code and code not in _APPROVED else ""
        wait_ms = did >> 1 & _WAIT if timed else 0
        return Temper(delay_ms=wait_ms, answers=did & 1, code=refuses)


def _key(heard: Heard, pan: str) -> bytes:
    text = "/".join((heard.mti, heard.get(3), heard.get(41), pan, heard.get(4)))
    return blake2b(text.encode(), digest_size=16).digest()
