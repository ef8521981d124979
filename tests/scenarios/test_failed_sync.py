"""A disk that fails: the switch stops, says nothing that is not so, and its next start is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.core.transaction import State
from switch.shell.driver import LEDGER_FAILED
from tests.scenarios.town import FRAMES, call, play, town

_AT = "2014-06-18T09:30"


def test_after_a_failed_sync_the_switch_stops_and_has_answered_nothing(tmp_path: Path) -> None:
    trigger = tmp_path / "broken"

    async def scenario() -> None:
        command = ("-m", "tests.scenarios.failing_disk", str(trigger))
        async with town(tmp_path / "city", _AT, *command) as here:
            caller = await call(here)
            assert (await caller.ask(FRAMES["sign-on"])).get(39) == "00"
            trigger.touch()
            with pytest.raises((EOFError, ConnectionError)):
                await caller.ask(FRAMES["withdrawal"])
            caller.close()
            assert await here.ended() == LEDGER_FAILED
            assert not here.bank.heard("0200")
            (stopped,) = here.log("ledger_failed")
            assert stopped["level"] == "critical"

            trigger.unlink()
            await here.start("2014-06-18T09:45")
            caller = await call(here)
            # The sign-on was answered, so it is still true; the withdrawal was not, and may be new
            # or, if its row reached the disk after all, reversed by the process that took over.
            answer = await caller.ask(FRAMES["withdrawal"])
            caller.close()
            assert answer.get(39) in {"00", "94"}
            expected = State.APPROVED if answer.get(39) == "00" else State.REVERSED
            (row,) = await here.rows(lambda rows: [r.state for r in rows] == [expected])
            accounts = here.bank.accounts
            taken_fen = accounts.opening_fen - accounts.closing_fen
            assert taken_fen == (row.record.amount_fen if expected is State.APPROVED else 0)

    play(scenario())
