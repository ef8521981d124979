"""A host that does nothing but answer (bench): after a known delay, or frozen for a while.

`python -m bench.load.host FILE [--delay 0,0.05] [--freeze AT,FOR]` writes its port to FILE. It
answers terminals with DE 39 = 00 and a MAC under the published test key; a frame that begins with
an MTI in ASCII comes back as it is, its MTI made that of an answer. With `--delays FILE` it writes
how long it kept each frame, in microseconds, when it ends.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import random
import signal
from array import array
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from time import perf_counter_ns
from typing import Any, Final, NamedTuple, cast

import uvloop

from messages.crypto.keys import Mak
from messages.dialects.loader import load_dialect
from messages.view import View
from simulators.installation import MAK
from simulators.wire import Wire
from switch.core.moment import local

_ECHOED: Final = (2, 3, 4, 11, 25, 41, 42, 49, 60)
_MANAGED: Final = (11, 41, 42, 60)
_PREFIX: Final = 2
_MAC_BYTES: Final = 8
_LATE_NS: Final = 1_500_000
"""Before a delay ends the loop looks all the time: its timers have milliseconds."""


class _Like(NamedTuple):
    """How frames of one size are answered: what tells them, and what goes where."""

    headers: Callable[[bytes], Any]
    expected: Any
    answer: bytes
    echoed: list[tuple[slice, slice]]
    rrn: slice


class Answers:
    """Frames to answers, in the dialect of terminals."""

    def __init__(self) -> None:
        """Make ready what every answer needs."""
        self.wire = Wire(load_dialect("pos"))
        self._mac = self.wire.mac(Mak.from_hex(MAK))
        self._select = self.wire.viewer.select(*_ECHOED)
        self._base = self.wire.dialect.frame.head_size
        self._rrn = 0
        self._known: dict[int, _Like] = {}

    def of(self, frame: bytes) -> bytes:
        """Return the whole answer to a frame without its prefix."""
        like = self._known.get(len(frame))
        if like is not None and like.headers(frame) == like.expected:
            return self._filled(like, frame)
        wire = self.wire
        view = wire.viewer.index(frame, self._base)
        if view.mti not in {"0200", "0400"}:
            heard = wire.hear(frame)
            told: dict[int, str] = {n: heard.get(n) for n in _MANAGED if n in heard.fields}
            told |= {39: "00", 12: "101010", 13: "0101"}
            heads = wire.framing.answer_heads(frame)
            mti = f"{view.mti[:2]}{int(view.mti[2]) + 1}0"
            return wire.say(heads, mti, dict(sorted(told.items())))
        self._rrn += 1
        texts = dict(zip(_ECHOED, self._select(view), strict=True))
        now = local(1_700_000_000_000)
        fields: dict[int, str] = {n: text for n, text in texts.items() if text is not None}
        fields |= {12: now.time, 13: now.date, 32: "99900000", 37: f"{self._rrn:012d}", 39: "00"}
        mti = "0210" if view.mti == "0200" else "0410"
        heads = wire.framing.answer_heads(frame)
        answer = wire.say(heads, mti, dict(sorted(fields.items())), self._mac)
        if view.mti == "0200":
            self._known[len(frame)] = self._like(view, answer)
        return answer

    def _filled(self, like: _Like, frame: bytes) -> bytes:
        """Return the answer to a frame like one before: what is echoed is copied over."""
        self._rrn += 1
        answer = bytearray(like.answer)
        for to, come in like.echoed:
            answer[to] = frame[come]
        answer[like.rrn] = f"{self._rrn:012d}".encode("ascii")
        answer[-_MAC_BYTES:] = self._mac.compute(answer[_PREFIX + self._base : -_MAC_BYTES])
        return bytes(answer)

    def _like(self, view: View, whole: bytes) -> _Like:
        told = self.wire.viewer.index(whole, _PREFIX + self._base)
        prefixes = (
            slice(view.start_of(n), view.span(n)[0])
            for n in view.numbers
            if not self.wire.dialect.field(n).is_fixed
        )
        first = min(view.start_of(n) for n in view.numbers)
        headers = itemgetter(slice(0, first), *prefixes)
        both = [n for n in _ECHOED if n in view.numbers]
        return _Like(
            headers,
            headers(view.data),
            whole,
            [(slice(*told.span(n)), slice(*view.span(n))) for n in both],
            slice(*told.span(37)),
        )


class Host:
    """What all connections share: delays, the freeze, and what was kept how long."""

    def __init__(self, delays_s: list[float], *, spins: bool = False) -> None:
        """Answer at once, or after one of the delays, each as likely.

        One that spins never sleeps, so that its delays are what they are said to be.
        """
        self._spins = spins
        self.answers = Answers()
        self.kept_us = array("q")
        self.frozen_until_ns = 0
        self._delays_ns = [int(delay * 1e9) for delay in delays_s]
        self._chance = random.Random(1)
        self._later: list[tuple[int, int, int, Peer, bytes]] = []
        self._number = 0
        self._is_looking = False

    def took(self, peer: Peer, frame: bytes, now_ns: int) -> None:
        """Answer now or later."""
        answer = _turned(frame) if frame[:4].isdigit() else self.answers.of(frame)
        delay_ns = self._chance.choice(self._delays_ns)
        if not delay_ns and self.frozen_until_ns <= now_ns:
            peer.put(answer, now_ns)
            return
        due_ns = max(now_ns + delay_ns, self.frozen_until_ns)
        self._number += 1
        heapq.heappush(self._later, (due_ns, self._number, now_ns, peer, answer))
        if not self._is_looking:
            self._is_looking = True
            asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        loop, now_ns = asyncio.get_running_loop(), perf_counter_ns()
        while self._later and self._later[0][0] <= now_ns:
            _, _, came_ns, peer, answer = heapq.heappop(self._later)
            peer.put(answer, came_ns)
        if self._spins:
            loop.call_soon(self._look)
            return
        if not self._later:
            self._is_looking = False
            return
        wait_ns = self._later[0][0] - perf_counter_ns()
        if wait_ns > _LATE_NS:
            loop.call_later((wait_ns - _LATE_NS) / 1e9, self._look)
        else:
            loop.call_soon(self._look)


class Peer(asyncio.Protocol):
    """One connection."""

    def __init__(self, host: Host) -> None:
        """Wait to be connected."""
        self._host = host
        self._out: list[bytes] = []
        self._came_ns: list[int] = []
        self._rest = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        """Send nothing more."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Answer every whole frame."""
        now_ns = perf_counter_ns()
        for frame in self._cut(data):
            self._host.took(self, frame, now_ns)

    def _cut(self, data: bytes) -> list[bytes]:
        """Return whole frames behind 2 bytes of length, of whatever kind."""
        data, frames, at = self._rest + data, [], 0
        while len(data) - at >= _PREFIX:
            end = at + _PREFIX + int.from_bytes(data[at : at + _PREFIX], "big")
            if end > len(data):
                break
            frames.append(data[at + _PREFIX : end])
            at = end
        self._rest = data[at:]
        return frames

    def put(self, answer: bytes, came_ns: int) -> None:
        """Have an answer written at the end of this turn; its request came then."""
        if not self._out:
            asyncio.get_running_loop().call_soon(self._flush)
        self._out.append(answer)
        self._came_ns.append(came_ns)

    def _flush(self) -> None:
        if self._transport is not None:
            self._transport.write(b"".join(self._out))
        self._out.clear()
        # The delay ends when the bytes have gone, not when it should have ended.
        now_ns = perf_counter_ns()
        self._host.kept_us.extend((now_ns - came_ns) // 1_000 for came_ns in self._came_ns)
        self._came_ns.clear()


def _turned(frame: bytes) -> bytes:
    """Return a whole frame with the third digit of its MTI one higher."""
    changed = bytearray(frame)
    changed[2] += 1
    return len(changed).to_bytes(_PREFIX, "big") + bytes(changed)


async def serve(told: Path, host: Host, freeze: tuple[float, float] | None) -> None:
    """Serve until SIGTERM; the freeze counts from the first connection."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)

    def connected() -> Peer:
        nonlocal freeze
        if freeze is not None:
            (at_s, for_s), freeze = freeze, None
            loop.call_later(at_s, _freeze, host, for_s)
        return Peer(host)

    server = await loop.create_server(connected, "127.0.0.1", 0)
    fresh = told.with_suffix(".new")
    fresh.write_text(str(server.sockets[0].getsockname()[1]), encoding="ascii")
    fresh.replace(told)
    await ended.wait()


def _freeze(host: Host, for_s: float) -> None:
    host.frozen_until_ns = perf_counter_ns() + int(for_s * 1e9)


def main() -> None:
    """Serve as the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("told", type=Path)
    parser.add_argument("--delay", default="0")
    parser.add_argument("--freeze", default="")
    parser.add_argument("--delays", type=Path)
    given = parser.parse_args()
    host = Host([float(each) for each in given.delay.split(",")], spins=given.delays is not None)
    at_s, for_s = (float(each) for each in (given.freeze or "0,0").split(","))
    uvloop.run(serve(given.told, host, (at_s, for_s) if given.freeze else None))
    if given.delays is not None:
        given.delays.write_text("\n".join(map(str, host.kept_us)), encoding="ascii")


if __name__ == "__main__":
    main()
