"""An issuer's host that costs little (bench): what it answers is right, and its MAC is good.

The first withdrawal is answered by the issuer of `simulators`; the others are given the same
fields with their own values. It believes every MAC and keeps no accounts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, cast

from messages.framing import Deframer
from messages.mab import mab_builder
from messages.view import Viewer
from simulators.issuer import Issuer
from simulators.wire import Wire
from switch.shell.clock import Clock

_REQUEST: Final = b"0200"
_ANSWER: Final = "0210"
_MAC: Final = 128
_OWN: Final = (15, 38, 39, 54)
"""Fields that an issuer adds: the settlement date, its number, its decision, the balance."""

Answering = Callable[[bytes], bytes]
"""Takes a request without its length prefix, gives the whole answer."""


class Bank(asyncio.Protocol):
    """The link of one issuer."""

    def __init__(self, issuer: Issuer, wire: Wire, clock: Clock) -> None:
        """Wait for the switch; `issuer` answers what is not a withdrawal."""
        self._issuer = issuer
        self._wire = wire
        self._clock = clock
        self._deframer = Deframer(wire.framing)
        self._answer: Answering | None = None
        self._mti = slice(wire.dialect.frame.head_size, wire.dialect.frame.head_size + 4)
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the switch's connection."""
        self._transport = cast("asyncio.WriteTransport", transport)
        self._issuer.connected()

    def connection_lost(self, _error: Exception | None) -> None:
        """Wait for another one."""
        self._transport = None
        self._issuer.disconnected()

    def data_received(self, data: bytes) -> None:
        """Answer all requests of a chunk in one write."""
        out: list[bytes] = []
        answer = self._answer
        for frame in self._deframer.feed(data):
            if answer is not None and frame[self._mti] == _REQUEST:
                out.append(answer(frame))
            else:
                out += self._by_issuer(frame)
                answer = self._answer
        if out and self._transport is not None:
            self._transport.write(b"".join(out))

    def _by_issuer(self, frame: bytes) -> list[bytes]:
        answers = self._issuer.received(frame, self._clock.now())
        if frame[self._mti] == _REQUEST and answers:
            self._answer = _learned(self._wire, self._wire.bare(answers[0]), self._issuer)
        return answers


def _learned(wire: Wire, sample: bytes, issuer: Issuer) -> Answering:
    """Return what answers every request with the fields of `sample`, an answer of the issuer."""
    heard = wire.hear(sample)
    numbers = tuple(n for n in heard.fields if n != _MAC)
    echoed = tuple(n for n in numbers if n not in _OWN)
    own = {n: heard.fields[n] for n in _OWN}
    viewer = Viewer(wire.dialect)
    select = viewer.select(*echoed)
    build = viewer.builder((*echoed, *_OWN, _MAC))
    heads = sample[: wire.dialect.frame.head_size]
    base, join = wire.dialect.frame.head_size, wire.framing.join
    mab, mac = mab_builder(wire.dialect), wire.mac(issuer.identity.mak)
    own_texts = tuple(own.values())

    def answer(frame: bytes) -> bytes:
        texts = select(viewer.index(frame, base))
        told = {n: text for n, text in zip(echoed, texts, strict=True) if text is not None}
        fields = told | own
        code = mac.compute(mab(_ANSWER, fields)).decode("ascii")
        return join(heads + build(_ANSWER, *texts, *own_texts, code))

    return answer
