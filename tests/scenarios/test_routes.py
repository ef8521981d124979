"""Two lines to one bank over real networks: another line before sending, never after it."""

from __future__ import annotations

from pathlib import Path

from bench.serving import until
from simulators.issuer import Temper
from switch.core.rules import Rule
from switch.core.transaction import State
from tests.scenarios.town import FRAMES, call, play, town

_BANK, _JINBAO = 0, 1
_NETWORKS = ("even", "jinbao-city")
_SOON_S = 30.0
_SLOW_MS = 2_000


def test_with_the_jinbao_network_down_the_registered_bank_link_takes_over(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with town(tmp_path / "city", "2014-06-18T09:30", networks=_NETWORKS) as here:
            caller = await call(here)
            await caller.ask(FRAMES["sign-on"])
            here.relays[_JINBAO].fail()
            await until(lambda: bool(here.log("link_lost")), _SOON_S)
            answer = await caller.ask(FRAMES["withdrawal"])
            assert answer.get(39) == "00"
            caller.close()
            (row,) = await here.rows(lambda rows: [r.state for r in rows] == [State.APPROVED])
            assert row.record.link == "issuer"
            assert {Rule.OVER_ALTERNATE, Rule.OVER_BANK_LINK} <= set(row.record.trace)
            assert len(here.bank.heard("0200")) == 1

    play(scenario())


def test_a_line_cut_after_sending_leaves_a_doubt_and_no_second_sending(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with town(tmp_path / "city", "2014-06-18T09:30", networks=_NETWORKS) as here:
            caller = await call(here)
            await caller.ask(FRAMES["sign-on"])
            here.bank.temper = lambda heard: Temper(delay_ms=_SLOW_MS * (heard.mti == "0200"))
            caller.write(FRAMES["withdrawal"])
            await until(lambda: len(here.bank.heard("0200")) == 1, _SOON_S)
            here.relays[_JINBAO].fail()
            answer = await caller.hear()
            assert (answer.mti, answer.get(39)) == ("0210", "98")
            (row,) = await here.rows(lambda rows: [r.state for r in rows] == [State.IN_DOUBT])
            assert row.record.link == "issuer-jinbao"
            assert not here.bank.heard("0420")
            here.relays[_JINBAO].restore()
            await here.rows(lambda rows: [r.state for r in rows] == [State.REVERSED])
            caller.close()
            assert len(here.bank.heard("0200")) == 1
            over_bank, over_jinbao = (host.heard_reversals for host in here.bank.hosts)
            assert not over_bank
            assert len({fields[11] for _, fields in over_jinbao}) == 1
            assert here.bank.accounts.closing_fen == here.bank.accounts.opening_fen

    play(scenario())
