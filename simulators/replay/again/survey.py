"""A trace looked through before it is sent again (simulators/replay): what cannot be, and why.

It also learns which refusals were the card holder's or the line's doing, so that they are provoked
again: the wrong PIN itself was never recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from itertools import islice
from typing import Final

import msgspec

from simulators.replay.again.rewriting import (
    CHIP,
    NO_KEY,
    SIGN_ON,
    WRONG_MAC,
    WRONG_PIN,
    Means,
    Rewriter,
    Unplayable,
    reason_of,
)
from simulators.replay.again.rules import Rewrite
from simulators.replay.trace.form import Frame
from simulators.replay.trace.pairing import exchanges
from simulators.wire import Wire

PROVOKED: Final = frozenset({WRONG_PIN, WRONG_MAC})
"""Codes that the terminal's own doing led to."""
MOST_REMEMBERED: Final = 1_000_000
_NAMED: Final = 5

Place = tuple[str, int]
"""A request in a trace: its connection and time."""


class Stranger(msgspec.Struct):
    """A terminal without a sign-on: its first request, and how many there are before one."""

    frame: Frame
    requests: int


class _Look(msgspec.Struct, frozen=True):
    """What a look is done with; whether chip data are sent as recorded."""

    wire: Wire
    rewriter: Rewriter
    sends: bool


def named(names: Collection[str]) -> str:
    """Return the first few names, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(islice(names, _NAMED)) + more


class Survey:
    """What a look through a trace found."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.requests = 0
        self.unplayable: Counter[str] = Counter()
        self.without_cryptogram = 0
        self.codes: dict[Place, str] = {}
        self.unanswered = 0
        self.unasked = 0
        """Answers without a request: a recorded switch may have answered twice."""
        self.strangers: dict[str, Stranger] = {}
        """Terminals that ask for something before any sign-on of theirs in the trace."""
        self.keyless: set[str] = set()
        """Terminals for which there is no master key, by their number in the trace."""
        self._signed_on: set[str] = set()
        self.first_us: int | None = None

    def of(self, frames: Iterable[Frame], wire: Wire, means: Means, rules: Rewrite) -> Survey:
        """Look through the terminal side of a trace; return itself."""
        look = _Look(wire, Rewriter(wire, rules, means, rehearses=True), sends=rules.chip == "send")
        for exchange in exchanges(self._seen(frames, look)):
            request = exchange.request
            if request is None:
                answer = exchange.answer
                self.unasked += answer is not None and answer.to == "peer"
                continue
            if request.to != "switch":
                continue
            place = (request.connection, request.at_us)
            if exchange.answer is None:
                self.unanswered += 1
                continue
            summary = exchange.answer.summary
            if summary and summary.code in PROVOKED and len(self.codes) < MOST_REMEMBERED:
                self.codes[place] = summary.code
        return self

    def _seen(self, frames: Iterable[Frame], look: _Look) -> Iterable[Frame]:
        for frame in frames:
            if frame.side != "terminal":
                continue
            if frame.to == "switch":
                self.first_us = frame.at_us if self.first_us is None else self.first_us
                self._look(frame, look)
            yield frame

    def _look(self, frame: Frame, look: _Look) -> None:
        """Make a request new as it will be, with keys that are made up, and keep what is wrong."""
        self.requests += 1
        bare, said = look.wire.bare(frame.data), frame.summary
        try:
            look.rewriter.request(bare)
        except (Unplayable, ValueError) as reason:
            self.unplayable[reason_of(reason)] += 1
            if reason_of(reason) == NO_KEY and said is not None:
                self.keyless.add(said.terminal)
            return
        if look.sends and CHIP in look.wire.hear(bare).fields:
            self.without_cryptogram += 1
        name = said.terminal if said is not None else ""
        if said is None or not look.rewriter.needs_keys(said.mti):
            if said is not None and said.mti == SIGN_ON:
                self._signed_on.add(name)
            return
        if name not in self._signed_on:
            self.strangers.setdefault(name, Stranger(frame, 0)).requests += 1

    @property
    def remarks(self) -> list[str]:
        """What a person should know before the start, one sentence each."""
        told = [f"not sent: {count}: {why}" for why, count in self.unplayable.most_common()]
        if self.keyless:
            told.append(f"no master key for {named(sorted(self.keyless))}")
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
