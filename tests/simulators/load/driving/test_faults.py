"""Faults of terminals: right frames with a wrong MAC, by seed, and only while they are on."""

from __future__ import annotations

import asyncio
from time import perf_counter_ns

from messages.crypto.keys import Mak, Pik
from messages.dialects.loader import load_dialect
from simulators import requests
from simulators.cards import fictional_card
from simulators.installation import MAK, PIK, terminal_identity
from simulators.load.driving.faults import FaultClock, TerminalTrouble
from simulators.load.driving.part import Driver
from simulators.load.scenario.model import Fault
from simulators.terminal_memory import Job, Kind, Memory
from simulators.wire import Wire
from tests.simulators.load.hosting import hosted, job

_WIRE = Wire(load_dialect("pos"))
_MAC = _WIRE.mac(Mak.from_hex(MAK))


def _frame(kind: Kind = Kind.WITHDRAWAL) -> bytes:
    memory = Memory(1, 7)
    memory.pik = Pik.from_hex(PIK)
    asked = Job(kind=kind, card=fictional_card(1), amount_fen=100)
    mti, fields = requests.fields(asked, terminal_identity(), memory, 20261125)
    is_plain = kind is Kind.ECHO
    return _WIRE.say(_WIRE.framing.build_heads(), mti, fields, None if is_plain else _MAC)


def test_a_spoilt_frame_is_right_but_for_its_mac() -> None:
    trouble = TerminalTrouble(1, 0)
    trouble.shares["bad_mac"] = 1.0
    frame = _frame()
    spoilt = trouble.spoil(frame)
    heard, as_it_was = _WIRE.hear(spoilt[2:]), _WIRE.hear(frame[2:])
    assert _WIRE.is_authentic(as_it_was, _MAC)
    assert not _WIRE.is_authentic(heard, _MAC)
    assert {n for n in heard.fields if heard.fields[n] != as_it_was.fields[n]} == {64}
    assert trouble.spoil(_frame(Kind.ECHO)) == _frame(Kind.ECHO)
    assert trouble.made == {"bad_mac": 1}


def test_shares_are_by_seed_and_nothing_comes_without_one() -> None:
    def drawn(seed: int) -> list[bool]:
        trouble = TerminalTrouble(seed, 0)
        assert not trouble.vanishes(_frame())
        trouble.shares["vanish"] = 0.3
        return [trouble.vanishes(_frame()) for _ in range(400)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 80 < sum(drawn(1)) < 160


async def test_faults_are_on_in_their_windows_only() -> None:
    async with hosted() as served:
        driver = Driver(job(served.port))
        await driver.prepare()
        crowd = driver.crowd
        assert crowd is not None
        trouble = TerminalTrouble(1, 0)
        clock = FaultClock(driver.hub, crowd, trouble)
        faults = [
            Fault(kind="bad_mac", from_s=0.05, for_s=0.1),
            Fault(kind="issuer_down", from_s=0.0, for_s=1.0),
        ]
        clock.start(faults, perf_counter_ns())
        seen = []
        for _ in range(3):
            seen.append((crowd.stage.trouble is trouble, dict(trouble.shares)))
            await asyncio.sleep(0.1)
        assert seen == [(False, {}), (True, {"bad_mac": 1.0}), (False, {})]
        flap = Fault(kind="line_flap", from_s=0.0, for_s=0.1, ms=500)
        clock.start([flap], perf_counter_ns())
        await asyncio.sleep(0.05)
        assert crowd.lines() == []
        clock.stop()
        crowd.close()
        await asyncio.sleep(0)
