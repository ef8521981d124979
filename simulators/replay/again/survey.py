"""A trace looked through before it is sent again (simulators/replay): what cannot be, and why.

It also learns which refusals were the card holder's or the line's doing, so that they are provoked
again: the wrong PIN itself was never recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from messages.errors import DecodeError
from simulators.cards import Card
from simulators.replay.again.rewriting import (
    CHIP,
    PAN,
    SIGN_ON,
    TRACK_2,
    WRONG_MAC,
    WRONG_PIN,
    Means,
)
from simulators.replay.again.rules import Rewrite
from simulators.replay.trace.form import Frame
from simulators.replay.trace.pairing import exchanges
from simulators.wire import Wire

PROVOKED: Final = frozenset({WRONG_PIN, WRONG_MAC})
"""Codes that the terminal's own doing led to."""
MOST_REMEMBERED: Final = 1_000_000

Place = tuple[str, int]
"""A request in a trace: its connection and time."""


class Survey:
    """What a look through a trace found."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.requests = 0
        self.unplayable: Counter[str] = Counter()
        self.without_cryptogram = 0
        self.codes: dict[Place, str] = {}
        self.unanswered = 0
        self.terminals: set[str] = set()
        self.first_us: int | None = None

    def of(self, frames: Iterable[Frame], wire: Wire, means: Means, rules: Rewrite) -> Survey:
        """Look through the terminal side of a trace; return itself."""
        for exchange in exchanges(self._seen(frames, wire, means, rules)):
            request = exchange.request
            if request is None or request.to != "switch":
                continue
            place = (request.connection, request.at_us)
            if exchange.answer is None:
                self.unanswered += 1
                continue
            summary = exchange.answer.summary
            if summary and summary.code in PROVOKED and len(self.codes) < MOST_REMEMBERED:
                self.codes[place] = summary.code
        return self

    def _seen(
        self, frames: Iterable[Frame], wire: Wire, means: Means, rules: Rewrite
    ) -> Iterable[Frame]:
        for frame in frames:
            if frame.side != "terminal":
                continue
            if frame.to == "switch":
                self.first_us = frame.at_us if self.first_us is None else self.first_us
                self._look(frame, wire, means, rules)
            yield frame

    def _look(self, frame: Frame, wire: Wire, means: Means, rules: Rewrite) -> None:
        self.requests += 1
        try:
            heard = wire.hear(wire.bare(frame.data))
        except DecodeError:
            self.unplayable["unreadable"] += 1
            return
        if heard.mti == SIGN_ON:
            self.terminals.add(heard.get(41))
            return
        token = heard.get(PAN) or heard.get(TRACK_2).partition("=")[0]
        if token and not token.strip("0"):
            self.unplayable["an encrypted or unreadable track, which was not recorded"] += 1
        elif token and token not in means.cards and rules.unknown_cards == "skip":
            self.unplayable["a card that no rule has a test card for"] += 1
        elif CHIP in heard.fields:
            card = means.cards.get(token) or Card(pan=token)
            self._look_at_chip(means.signer.refusal(heard.get(CHIP), card), rules)

    def _look_at_chip(self, refusal: str, rules: Rewrite) -> None:
        if rules.chip == "skip":
            self.unplayable["chip data, which a rule leaves out"] += 1
        elif rules.chip == "send":
            self.without_cryptogram += 1
        elif rules.chip == "sign" and refusal:
            self.unplayable[refusal] += 1

    @property
    def remarks(self) -> list[str]:
        """What a person should know before the start, one sentence each."""
        told = [f"not sent: {count} with {why}" for why, count in self.unplayable.most_common()]
        if self.without_cryptogram:
            told.append(
                f"{self.without_cryptogram} with chip data go without a valid cryptogram, "
                "as a rule wants it"
            )
        provoked = Counter(self.codes.values())
        told += [
            f"{count} that were refused with {code} are sent so that they are refused again"
            for code, count in sorted(provoked.items())
        ]
        return told
