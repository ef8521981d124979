"""A trace is sent over real sockets: in a terminal's order, at the pace asked, to its end."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from messages.crypto.keys import Mak, Pik, Tmk, wrap_field_62
from messages.framing import Deframer
from messages.values import response_mti
from simulators import live
from simulators.cards import fictional_card
from simulators.installation import MAK, PIK, TMK
from simulators.replay.again import playing
from simulators.replay.again.playing import Asked, Pace, Player
from simulators.replay.again.rewriting import Rewriter
from simulators.replay.again.rules import Rewrite
from simulators.replay.again.survey import Survey
from simulators.replay.trace.form import Frame
from simulators.replay.verdict.comparing import LATE, LOST, Outcome
from simulators.wire import Heard
from tests.simulators.replay.days import POS, TOKENS, bare, day, frames, means

_CARDS = {TOKENS.pan(fictional_card(n).pan): fictional_card(n) for n in range(50)}


class _Host:
    """A host that signs terminals on and approves everything; or says nothing more, or hangs up.

    It answers the later, the fewer requests it had: whoever does not wait overtakes.
    """

    def __init__(
        self, *, is_silent: bool = False, hangs_up: bool = False, late: int = 0, no: str = ""
    ) -> None:
        self.heard: list[Heard] = []
        self.no = no
        self.is_silent = is_silent
        self.hangs_up = hangs_up
        self.late = late
        self.stalls_s = 0.0
        self.lags_s = 0.0
        self.times = 1
        self.mak: str = MAK
        self.most_at_once: Counter[str] = Counter()
        self._out: Counter[str] = Counter()

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
                if self.hangs_up and heard.mti != "0800":
                    writer.close()
                    return
                name = heard.get(41)
                self._out[name] += 1
                self.most_at_once[name] = max(self.most_at_once[name], self._out[name])
                await asyncio.sleep(max(0, self.late - len(self.heard)) / 1_000)
                self._out[name] -= 1
                if heard.mti != "0800":
                    lags_s, self.lags_s = self.lags_s, 0
                    await asyncio.sleep(lags_s)
                    # The whole machine stands still, and whoever waits with it.
                    time.sleep(self.stalls_s)  # noqa: ASYNC251
                    await asyncio.sleep(self.stalls_s / 20)
                if (heard.mti == "0800" and name != self.no) or not self.is_silent:
                    writer.write(self._answer(heard) * (self.times if heard.mti != "0800" else 1))
        writer.close()

    def _answer(self, heard: Heard) -> bytes:
        name_of = heard.get(41)
        name = "sign-on-response" if heard.mti == "0800" else "withdrawal-response"
        told = POS.hear(bare(name))
        said = {**told.fields, 11: heard.get(11), 41: heard.get(41)}
        if heard.mti == "0800" and name_of == self.no:
            said |= {39: "58", 62: "0" * 80}
        elif heard.mti == "0800":
            keys = wrap_field_62(Tmk.from_hex(TMK), Pik.from_hex(PIK), Mak.from_hex(MAK))
            said[62] = keys.hex().upper()
        else:
            said[2] = heard.get(2)
            mac = POS.mac(Mak.from_hex(self.mak))
            return POS.say(told.frame[:11], response_mti(heard.mti), said, mac)
        return POS.say(told.frame[:11], response_mti(heard.mti), said)


def _played(
    told: list[Frame],
    host: _Host,
    pace: Pace | None = None,
    wait_s: float = 20,
    surplus: list[bytes] | None = None,
) -> tuple[list[Outcome], Player, float]:
    outcomes: list[Outcome] = []
    rewriter = Rewriter(POS, Rewrite(), means(_CARDS))
    survey = Survey().of(told, POS, means(_CARDS), Rewrite())

    async def main() -> tuple[Player, float]:
        async with host.listening() as port:
            asked = Asked(host="127.0.0.1", port=port, pace=pace or Pace(), wait_s=wait_s)
            player = Player(POS, rewriter, survey, asked)
            player.take = outcomes.append
            if surplus is not None:
                player.surplus = surplus.append
            begun = asyncio.get_running_loop().time()
            await player.sign_on_first()
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


def test_a_terminal_that_the_host_signs_on_not_is_told_before_the_start() -> None:
    host = _Host(no="50010002")
    outcomes, player, _ = _played(frames(list(day(12, terminals=3))), host)
    assert player.remarks == ["not sent: 4: the host signs on no 50010002 (its master key?)"]
    assert player.left_out == {"its terminal could not sign on": 4}
    assert len(outcomes) == 8
    # It was asked for once, and before anything else was sent.
    assert [heard.mti for heard in host.heard[:4]].count("0800") == 3
    assert sum(heard.get(41) == "50010002" for heard in host.heard) == 1


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


def test_what_came_late_is_told_as_late() -> None:
    host = _Host()
    host.lags_s = 1.0
    outcomes, player, _ = _played(frames(list(day(14, terminals=1))), host, wait_s=0.1)
    given_up = [each for each in outcomes if each.missing]
    assert outcomes[0].missing == LATE
    assert {each.missing for each in given_up} == {LATE}
    assert 0 < player.late <= len(given_up)
    assert player.unasked == 0


def test_a_machine_that_stands_still_has_not_waited() -> None:
    host = _Host()
    host.stalls_s = 1.0
    outcomes, player, _ = _played(frames(list(day(2))), host, wait_s=0.5)
    assert [each.missing for each in outcomes] == ["", ""]
    assert all(each.answered for each in outcomes)
    assert (player.late, player.unasked) == (0, 0)


def test_a_host_that_answers_twice_is_told() -> None:
    host = _Host()
    host.times = 2
    surplus: list[bytes] = []
    outcomes, player, _ = _played(frames(list(day(6, terminals=1))), host, surplus=surplus)
    assert len(outcomes) == 6
    assert 5 <= player.unasked <= 6
    assert len(surplus) == player.unasked
    # A recorded switch that answered twice may be answered so.
    whole = frames(list(day(6, terminals=1)))
    twice = [each for frame in whole for each in (frame,) * (1 + (frame.to == "peer"))]
    surplus.clear()
    host = _Host()
    host.times = 2
    _played(twice, host, surplus=surplus)
    assert surplus == []


def test_the_mac_of_an_answer_is_that_of_the_key_that_the_host_gave() -> None:
    outcomes, _, _ = _played(frames(list(day(4))), _Host())
    assert not any(each.has_wrong_mac for each in outcomes)
    host = _Host()
    host.mak = "0123456789ABCDEF"
    outcomes, _, _ = _played(frames(list(day(4))), host)
    assert all(each.has_wrong_mac for each in outcomes)


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


def test_the_order_of_a_terminal_is_kept_over_its_connections() -> None:
    told = frames(list(day(40, terminals=2)))
    told = [replace(each, connection=f"c-{at // 2}") for at, each in enumerate(told)]
    host = _Host(late=40)
    outcomes, player, _ = _played(told, host)
    assert (len(outcomes), player.unasked) == (40, 0)
    assert host.most_at_once == {"50010001": 1, "50010002": 1}
    for name in host.most_at_once:
        stans = [each.get(11) for each in host.heard if each.get(41) == name][1:]
        assert stans == sorted(stans)


def test_connections_that_come_and_go_are_closed_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "MOST_LINES", 3)
    monkeypatch.setattr(playing, "MOST_TERMINALS", 4)
    told = frames(list(day(40, terminals=8)))
    told = [replace(each, connection=f"c-{at // 2 % 10}") for at, each in enumerate(told)]
    outcomes, _, _ = _played(told, _Host())
    assert len(outcomes) == 40


def test_what_was_answered_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[playing._Line] = []

    class Line(playing._Line):
        def __init__(self, player: Player, name: str) -> None:
            super().__init__(player, name)
            made.append(self)

    monkeypatch.setattr(playing, "_Line", Line)
    outcomes, _, _ = _played(frames(list(day(60, terminals=2))), _Host())
    assert len(outcomes) == 60
    assert [(len(line._out), len(line._recorded)) for line in made] == [(0, 0), (0, 0)]


def test_a_recording_without_answers_waits_for_the_new_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(playing, "MOST_OUT", 5)
    told = [each for each in frames(list(day(40, terminals=1))) if each.to == "switch"]
    host = _Host()
    outcomes, player, _ = _played(told, host)
    assert len(outcomes) == 40
    assert all(each.answered and each.recorded is None for each in outcomes)
    assert player.unasked == 0


def test_waiting_begins_when_a_request_is_sent() -> None:
    told = [each for each in frames(list(day(8, terminals=1))) if each.to == "switch"]
    outcomes, _, seconds = _played(told, _Host(is_silent=True), wait_s=0.5)
    assert [each.answered for each in outcomes] == [None] * 8
    assert seconds < 8 * 0.5


def test_a_host_that_hangs_up_is_not_waited_for() -> None:
    outcomes, player, seconds = _played(frames(list(day(6, terminals=2))), _Host(hangs_up=True))
    assert [(each.answered, each.missing) for each in outcomes] == [(None, LOST)] * 6
    assert (player.sent, player.signed_on) == (8, 2)
    assert seconds < 20
