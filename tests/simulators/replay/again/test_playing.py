"""A trace is sent over real sockets: in a terminal's order, at the pace asked, to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from messages.crypto.keys import Mak, Pik, Tmk, wrap_field_62
from messages.framing import Deframer
from messages.values import response_mti
from simulators import live
from simulators.cards import fictional_card
from simulators.installation import MAK, PIK, TMK
from simulators.replay.again.playing import Asked, Pace, Player
from simulators.replay.again.rewriting import Rewriter
from simulators.replay.again.rules import Rewrite
from simulators.replay.again.survey import Survey
from simulators.replay.trace.form import Frame
from simulators.replay.verdict.comparing import Outcome
from simulators.wire import Heard
from tests.simulators.replay.days import POS, TOKENS, bare, day, frames, means

_CARDS = {TOKENS.pan(fictional_card(n).pan): fictional_card(n) for n in range(50)}


class _Host:
    """A host that signs terminals on and approves everything, or says nothing more."""

    def __init__(self, *, is_silent: bool = False) -> None:
        self.heard: list[Heard] = []
        self.is_silent = is_silent

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        deframer = Deframer(POS.framing)
        while chunk := await reader.read(1 << 16):
            for frame in deframer.feed(chunk):
                heard = POS.hear(frame)
                self.heard.append(heard)
                if heard.mti == "0800" or not self.is_silent:
                    writer.write(self._answer(heard))
        writer.close()

    @staticmethod
    def _answer(heard: Heard) -> bytes:
        name = "sign-on-response" if heard.mti == "0800" else "withdrawal-response"
        told = POS.hear(bare(name))
        said = {**told.fields, 11: heard.get(11), 41: heard.get(41)}
        if heard.mti == "0800":
            keys = wrap_field_62(Tmk.from_hex(TMK), Pik.from_hex(PIK), Mak.from_hex(MAK))
            said[62] = keys.hex().upper()
        else:
            said[2] = heard.get(2)
        return POS.say(told.frame[:11], response_mti(heard.mti), said)


def _played(
    told: list[Frame], host: _Host, pace: Pace | None = None, wait_s: float = 20
) -> tuple[list[Outcome], Player, float]:
    outcomes: list[Outcome] = []
    rewriter = Rewriter(POS, Rewrite(), means(_CARDS))
    survey = Survey().of(told, POS, means(_CARDS), Rewrite())

    async def main() -> tuple[Player, float]:
        async with host.listening() as port:
            asked = Asked(host="127.0.0.1", port=port, pace=pace or Pace(), wait_s=wait_s)
            player = Player(POS, rewriter, survey, asked)
            player.take = outcomes.append
            begun = asyncio.get_running_loop().time()
            await player.play(told)
            return player, asyncio.get_running_loop().time() - begun

    player, seconds = live.run(main())
    return outcomes, player, seconds


def test_everything_is_sent_paired_and_in_a_terminals_order() -> None:
    host = _Host()
    outcomes, player, _ = _played(frames(list(day(60, terminals=4))), host)
    assert len(outcomes) == 60
    assert all(each.recorded and each.answered for each in outcomes)
    assert (player.sent, player.signed_on, player.unasked) == (64, 4, 0)
    for which in range(4):
        name = str(50_010_001 + which)
        mine = [heard for heard in host.heard if heard.get(41) == name]
        assert [heard.mti for heard in mine] == ["0800", *["0200"] * 15]
        stans = [heard.get(11) for heard in mine[1:]]
        assert stans == sorted(stans)
    assert all(
        POS.is_authentic(heard, POS.mac(Mak.from_hex(MAK)))
        for heard in host.heard
        if heard.mti == "0200"
    )


def test_a_rate_is_kept() -> None:
    outcomes, _, seconds = _played(frames(list(day(11))), _Host(), Pace(rate=20))
    assert len(outcomes) == 11
    assert seconds >= 10 / 20


def test_recorded_times_are_kept_and_scaled() -> None:
    told = frames(list(day(11, gap_us=100_000)))
    assert _played(told, _Host(), Pace(speed=2))[2] >= 0.5


def test_a_silent_host_is_waited_for_and_told() -> None:
    outcomes, _, _ = _played(frames(list(day(2))), _Host(is_silent=True), wait_s=0.2)
    assert [each.answered for each in outcomes] == [None, None]
    assert all(each.recorded is not None for each in outcomes)


def test_a_host_that_does_not_listen_is_an_error() -> None:
    told = frames(list(day(2)))
    asked = Asked(host="127.0.0.1", port=1, pace=Pace(), wait_s=1)
    rewriter = Rewriter(POS, Rewrite(), means(_CARDS))
    with pytest.raises(ConnectionRefusedError):
        live.run(Player(POS, rewriter, Survey(), asked).play(told))


def test_cards_without_a_rule_are_left_out_and_counted() -> None:
    told = frames(list(day(6, terminals=1)))
    known = dict(list(_CARDS.items())[:2])
    rewriter = Rewriter(POS, Rewrite(), means(known))

    async def main() -> Player:
        async with _Host().listening() as port:
            asked = Asked(host="127.0.0.1", port=port, pace=Pace(), wait_s=20)
            player = Player(POS, rewriter, Survey(), asked)
            await player.play(told)
            return player

    player = live.run(main())
    assert player.left_out == {"a card that no rule has a test card for": 4}
