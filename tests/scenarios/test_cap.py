"""The cap of a card holds when everybody withdraws at once, and counts by the calendar day."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import islice
from pathlib import Path

from bench.serving import until
from simulators.bulk import Session, withdrawals
from simulators.cards import fictional_card
from simulators.installation import terminal_identity
from switch.core.operations import Row
from switch.core.transaction import FINAL, State
from tests.scenarios.town import FRAMES, MAK, PIK, WIRE, Town, call, play, town

_AT_ONCE = 64
_BATCH = 2


def _frames(count: int, fen: int, day: int, first: int = 0) -> list[bytes]:
    """Return withdrawals of one card, each with a STAN of its own."""
    session = Session(terminal_identity(), _BATCH, PIK, MAK)
    return list(islice(withdrawals(WIRE, session, [fictional_card(1)], fen, day), first, count))


async def _one(here: Town, frame: bytes) -> str:
    caller = await call(here)
    answer = await caller.ask(frame)
    caller.close()
    assert WIRE.is_authentic(answer, WIRE.mac(MAK))
    return answer.get(39)


def _are_final(rows: list[Row], count: int) -> bool:
    ended = FINAL | {State.APPROVED}
    return len(rows) == count and all(row.state in ended for row in rows)


def test_of_64_withdrawals_at_once_exactly_20_fit_under_the_cap(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with town(tmp_path / "city", "2014-09-10T09:30") as here:
            await _sign_on(here)
            frames = _frames(_AT_ONCE, 10_000, 20140910)
            codes = Counter(await asyncio.gather(*(_one(here, frame) for frame in frames)))
            assert codes == {"00": 20, "61": 44}
            rows = await here.rows(lambda rows: _are_final(rows, 20))
            (day,) = here.caps(rows[0].key.card)
            assert (day.committed_fen, day.held_fen) == (200_000, 0)
            assert len(here.bank.heard("0200")) == 20
            refused = here.log("declined")
            assert len(refused) == 44
            assert all(line["cap_fen"] == 200_000 for line in refused)
            assert all(line["used_fen"] + line["held_fen"] == 200_000 for line in refused)

    play(scenario())


async def _sign_on(here: Town) -> None:
    caller = await call(here)
    assert (await caller.ask(FRAMES["sign-on"])).get(39) == "00"
    caller.close()


def test_at_midnight_the_bank_is_told_and_both_have_the_next_clearing_day(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with town(tmp_path / "city", "2014-06-18T23:59:50") as here:
            await _sign_on(here)
            await until(lambda: len(here.log("cut_over_told")) == 2, 60)
            told = [f for f in here.bank.heard("0820") if f.get(15)]
            assert [(f.get(70), f.get(15), f.get(100)) for f in told] == [
                ("201", "0619", "00010000")
            ] * 2
            caller = await call(here)
            answer = await caller.ask(FRAMES["withdrawal"])
            assert (answer.get(39), answer.get(15)) == ("00", "0619")
            caller.close()
            assert [f.get(15) for f in here.bank.heard("0200")] == ["0619"]
            (row,) = await here.rows(lambda rows: _are_final(rows, 1))
            assert (row.record.clearing_day, row.record.date) == (20140619, "0619")

    play(scenario())


def test_after_midnight_the_cap_is_whole_and_a_reversal_goes_to_its_own_day(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with town(tmp_path / "city", "2014-06-18T23:58") as here:
            caller = await call(here)
            assert (await caller.ask(FRAMES["sign-on"])).get(39) == "00"
            # The card of the worked example; its cap was 1 000 yuan then.
            assert (await caller.ask(FRAMES["withdrawal"])).get(39) == "00"
            over = _frames(10, 110_000, 20140618, first=9)
            assert await _one(here, *over) == "61"
            before = await here.rows(lambda rows: _are_final(rows, 1))
            card = before[0].key.card
            caller.close()
            assert here.switch.end() == 0

            await here.start("2014-06-19T00:01")
            # The terminal is still signed on, and the batch is open: neither knows of midnight.
            caller = await call(here)
            full = _frames(11, 100_000, 20140619, first=10)
            assert await _one(here, *full) == "00"
            answer = await caller.ask(FRAMES["reversal"])
            assert (answer.mti, answer.get(39)) == ("0410", "00")
            assert answer.get(37) == before[0].record.rrn
            caller.close()
            rows = await here.rows(lambda rows: any(r.state is State.REVERSED for r in rows))
            reversed_, other = rows[1], rows[0]
            assert (reversed_.state, reversed_.cap) == (State.REVERSED, before[0].cap)
            assert other.cap is not None
            assert other.cap.day == 20140619
            (day,) = here.caps(card)
            assert (day.day, day.committed_fen, day.held_fen) == (20140618, 0, 0)
            (day,) = here.caps(other.key.card)
            assert (day.day, day.committed_fen, day.held_fen) == (20140619, 100_000, 0)
            assert all(line["clock"] == "business" for line in here.log("started"))

    play(scenario())
