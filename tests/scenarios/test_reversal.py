"""A reversal while its original is in flight: nothing is answered approved, one 0420 leaves."""

from __future__ import annotations

from pathlib import Path

from simulators.issuer import Temper
from switch.core.transaction import State
from tests.scenarios.town import FRAMES, LINK_WIRE, call, play, town

_SLOW_MS = 1_500
_CHOSEN = (7, 11, 12, 37, 90, 128)


def test_a_reversal_overtakes_its_original(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with town(tmp_path / "city", "2014-06-18T09:30") as here:
            caller = await call(here)
            await caller.ask(FRAMES["sign-on"])
            here.bank.temper = lambda heard: Temper(delay_ms=_SLOW_MS * (heard.mti == "0200"))
            caller.write(FRAMES["withdrawal"])
            answers = [await caller.ask(FRAMES["reversal"])]
            assert (answers[0].mti, answers[0].get(39)) == ("0410", "00")
            again = await caller.ask(FRAMES["reversal"])
            assert (again.mti, again.get(39)) == ("0410", "00")
            assert again.get(37) == answers[0].get(37)
            (row,) = await here.rows(lambda rows: [r.state for r in rows] == [State.REVERSED])
            # An echo shows that no approval came in between.
            last = await caller.ask(FRAMES["echo"])
            while last.mti != "0830":
                assert (last.mti, last.get(39)) != ("0210", "00")
                last = await caller.hear()
            caller.close()
            (day,) = here.caps(row.key.card)
            assert (day.committed_fen, day.held_fen) == (0, 0)
            (reversal,) = here.bank.heard("0420")
            assert not here.bank.heard("0421")
            assert here.bank.accounts.closing_fen == here.bank.accounts.opening_fen
        golden = LINK_WIRE.hear(LINK_WIRE.bare(FRAMES["interbank-reversal"]))
        assert reversal.fields.keys() - {55} == golden.fields.keys()
        for number in golden.fields.keys() - {*_CHOSEN, 60}:
            assert reversal.get(number) == golden.get(number)

    play(scenario())
