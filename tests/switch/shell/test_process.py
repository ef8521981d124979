"""The life of a process: ready, drained, stopped, and what it remembers of a poisoned frame."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import orjson
import pytest
from msgspec.structs import replace

from messages.crypto.keys import Mak, Pik, WorkingKeys
from switch.core.configuration import Configuration
from switch.core.effects import Effect, SendToTerminal, Submit
from switch.core.errors import InvariantBroken
from switch.core.events import (
    ConfigurationChanged,
    DrainBegun,
    Event,
    Started,
    TerminalFrameReceived,
)
from switch.core.operations import (
    LoadSession,
    Operation,
)
from switch.core.outcomes import Outcome
from switch.ledger.memory import MemoryLedger
from switch.ledger.protocol import LedgerFailed
from switch.pipeline import make_engine
from switch.shell.clock import Clock
from switch.shell.driver import INTERNAL, LEDGER_FAILED
from switch.shell.process import INTERRUPTED, Parts, Process
from switch.shell.settings import Limits
from switch.shell.sharing import skew
from switch.shell.stops import Stops
from switch.shell.watching.control import ask
from switch.shell.watching.log import Log
from tests.switch.core.stage import configuration
from tests.switch.shell.playing import ECHO, playing, settings, silent, until


def _poisoned(event: Event) -> list[Effect]:
    if isinstance(event, TerminalFrameReceived):
        raise InvariantBroken("a released hold was open")
    return []


async def test_the_engine_hears_of_the_start_first_with_a_nonce_of_its_own() -> None:
    nonces = []
    for _ in range(2):
        async with playing() as stage:
            started = stage.engine.events[0]
            assert isinstance(started, Started)
            nonces.append(started.nonce)
    assert [len(nonce) for nonce in nonces] == [16, 16]
    assert nonces[0] != nonces[1]


async def test_a_signal_drains_what_is_in_flight_and_ends_with_status_0() -> None:
    async with playing(silent) as stage:
        reader, writer = await stage.connect()
        writer.write(ECHO)
        await until(lambda: stage.engine.seen(TerminalFrameReceived))
        stage.engine.is_idle = False
        os.kill(os.getpid(), signal.SIGTERM)
        await until(lambda: stage.engine.seen(DrainBegun))
        with pytest.raises(ConnectionRefusedError):
            await stage.connect()
        assert not stage.task.done()
        # The answer that the drain waited for reaches its terminal before the connection ends.
        stage.engine.script = lambda _: [SendToTerminal(1, ECHO)]
        writer.write(ECHO)
        assert await reader.readexactly(len(ECHO)) == ECHO
        stage.engine.script = silent
        stage.engine.is_idle = True
        ended = await stage.ended()
        assert (ended.status, ended.reason) == (0, "")
        assert await reader.read() == b""
        writer.close()


async def test_a_drain_is_given_up_after_its_limit_and_still_ends_with_status_0() -> None:
    async with playing(silent, settings(Limits(drain_ms=50))) as stage:
        stage.engine.is_idle = False
        stage.process.end()
        assert (await stage.ended()).status == 0
        assert stage.logged("drain_given_up")[0]["limit_ms"] == 50


async def test_a_second_signal_ends_at_once() -> None:
    async with playing(silent) as stage:
        stage.engine.is_idle = False
        os.kill(os.getpid(), signal.SIGINT)
        await until(lambda: stage.engine.seen(DrainBegun))
        os.kill(os.getpid(), signal.SIGINT)
        assert (await stage.ended()).status == INTERRUPTED


async def test_a_poisoned_frame_stops_the_process_twice_and_then_its_peer_is_refused(
    tmp_path: Path,
) -> None:
    path = tmp_path / "peers.json"
    for _ in range(2):
        async with playing(_poisoned, stops=Stops(path)) as stage:
            _, writer = await stage.connect()
            writer.write(ECHO)
            ended = await stage.ended()
            assert ended.status == INTERNAL
            assert ended.reason == "internal error (InvariantBroken: a released hold was open)"
            assert ECHO[2:].hex() not in b"".join(stage.lines).decode()
            writer.close()
    async with playing(stops=Stops(path)) as stage:
        reader, writer = await stage.connect()
        assert await reader.read() == b""
        writer.close()
        assert stage.counters["refused_peers"] == 1
        assert Stops(path).release("127.0.0.1")
        reader, writer = await stage.connect()
        writer.write(ECHO)
        assert await reader.readexactly(len(ECHO)) == ECHO
        writer.close()


async def test_a_stop_that_cannot_be_remembered_is_still_a_stop(tmp_path: Path) -> None:
    path = tmp_path / "peers.json"
    async with playing(_poisoned, stops=Stops(path)) as stage:
        path.write_bytes(b"{")
        _, writer = await stage.connect()
        writer.write(ECHO)
        assert (await stage.ended()).status == INTERNAL
        assert stage.logged("peer_not_blamed")[0]["reason"] == "StopsFileError"
        writer.close()


async def test_a_failed_commit_ends_the_process_without_an_answer() -> None:
    def script(event: Event) -> list[Effect]:
        if isinstance(event, TerminalFrameReceived):
            return [Submit(1, LoadSession(1, "50010001"))]
        return [SendToTerminal(1, ECHO)]

    async with playing(script) as stage:
        stage.engine.script = script
        stage.ledger.failure = LedgerFailed("fsync")
        reader, writer = await stage.connect()
        await until(lambda: len(stage.engine.events) > 1)
        writer.write(ECHO)
        assert (await stage.ended()).status == LEDGER_FAILED
        writer.close()
        reader.feed_eof()


async def test_an_error_that_escapes_from_a_callback_stops_the_process() -> None:
    async with playing(silent) as stage:

        def broken() -> None:
            raise RuntimeError("our own")

        asyncio.get_running_loop().call_soon(broken)
        ended = await stage.ended()
        assert (ended.status, ended.reason) == (INTERNAL, "internal error (RuntimeError)")


async def test_trouble_of_the_machine_is_told_and_does_not_stop_the_process() -> None:
    async with playing() as stage:

        def out_of_descriptors() -> None:
            raise OSError(24, "Too many open files")

        asyncio.get_running_loop().call_soon(out_of_descriptors)
        await until(lambda: stage.logged("loop_trouble"))
        reader, writer = await stage.connect()
        writer.write(ECHO)
        assert await reader.readexactly(len(ECHO)) == ECHO
        writer.close()


async def test_test_keys_and_a_business_date_are_told_loudly() -> None:
    keys = WorkingKeys(Pik(bytes(range(16))), Mak(bytes(range(8))))
    told = msgspec.structs.replace(settings(), fixed_keys=keys)
    async with playing(told=told, clock=Clock(offset_ms=-1_000)) as stage:
        assert stage.logged("TEST_KEYS_IN_USE")[0]["level"] == "warning"
        assert stage.logged("BUSINESS_DATE_IN_USE")[0]["offset_ms"] == -1_000
        assert all(orjson.loads(line)["clock"] == "business" for line in stage.lines)


async def test_the_control_socket_tells_the_state_and_can_begin_the_drain(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    async with playing(told=settings(control=path)) as stage:
        _, writer = await stage.connect()
        await until(lambda: stage.counters["accepted"])
        status = await asyncio.to_thread(ask, path, {"verb": "status"})
        assert status["ok"]
        assert (status["connections"], status["draining"], status["idle"]) == (1, False, True)
        counters = await asyncio.to_thread(ask, path, {"verb": "counters"})
        assert counters["counters"]["accepted"] == 1
        assert counters["waits"]["whole"]["count"] == 0
        listed = await asyncio.to_thread(ask, path, {"verb": "help"})
        assert listed["verbs"] == ["counters", "drain", "help", "status"]
        assert await asyncio.to_thread(ask, path, {"verb": "drain"}) == {
            "ok": True,
            "draining": True,
        }
        assert (await stage.ended()).status == 0
        writer.close()
    assert not path.exists()


async def test_a_ledger_that_never_answers_at_start_ends_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("switch.shell.process._START_S", 0.05)
    monkeypatch.setattr("tests.switch.shell.playing.ScriptedEngine.READY_AT_START", False)
    async with playing(silent) as stage:
        ended = await stage.ended()
        assert ended.status == LEDGER_FAILED
        assert "did not answer" in ended.reason


async def test_a_reload_is_read_beside_the_loop_and_put_in_force_at_once(tmp_path: Path) -> None:
    path, may_end, began = tmp_path / "control.sock", threading.Event(), threading.Event()

    def reload(current: Configuration) -> Configuration:
        began.set()
        assert may_end.wait(5)
        return replace(current, number=current.number + 1)

    async with playing(told=settings(control=path), reload=reload) as stage:
        reader, writer = await stage.connect()
        asked = asyncio.create_task(asyncio.to_thread(ask, path, {"verb": "reload"}))
        await asyncio.to_thread(began.wait, 5)
        writer.write(ECHO)
        assert await reader.readexactly(len(ECHO)) == ECHO
        assert not stage.engine.seen(ConfigurationChanged)
        may_end.set()
        assert await asked == {"ok": True, "configuration": 2}
        (changed,) = stage.engine.seen(ConfigurationChanged)
        assert isinstance(changed, ConfigurationChanged)
        assert changed.configuration.number == 2
        writer.write(ECHO)
        assert await reader.readexactly(len(ECHO)) == ECHO
        writer.close()


async def test_a_reload_that_cannot_be_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"

    def refuse(_: Configuration) -> Configuration:
        raise ValueError("needs a restart: [listen]")

    async with playing(told=settings(control=path), reload=refuse) as stage:
        answer = await asyncio.to_thread(ask, path, {"verb": "reload"})
        assert answer == {"ok": False, "error": "needs a restart: [listen]"}
        assert not stage.engine.seen(ConfigurationChanged)


async def test_of_two_reloads_at_once_the_later_is_refused(tmp_path: Path) -> None:
    path, both = tmp_path / "control.sock", threading.Barrier(2)

    def reload(current: Configuration) -> Configuration:
        both.wait(5)
        return replace(current, number=current.number + 1)

    async with playing(told=settings(control=path), reload=reload) as stage:
        engine = stage.engine

        def taking(event: Event) -> list[Effect]:
            if isinstance(event, ConfigurationChanged):
                engine.configuration = event.configuration
            return []

        engine.script = taking
        asking = (asyncio.to_thread(ask, path, {"verb": "reload"}) for _ in range(2))
        answers = await asyncio.gather(*asking)
        assert sorted(answer["ok"] for answer in answers) == [False, True]
        assert len(engine.seen(ConfigurationChanged)) == 1


@pytest.mark.parametrize(
    ("theirs_ms", "why"), [(-60_000, "ms ahead of the ledger's"), (None, "does not answer")]
)
async def test_a_process_whose_clock_is_off_or_whose_ledger_is_away_does_not_begin(
    theirs_ms: int | None, why: str
) -> None:
    process, _ = _shared(theirs_ms)
    assert await process.run(lambda _: None) == LEDGER_FAILED
    assert why in process.reason
    await process.close()


async def test_a_process_on_a_shared_ledger_takes_requests_until_its_clock_is_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(skew, "EVERY_S", 0.01)
    process, ledger = _shared(0)
    ready: list[list[tuple[str, int]]] = []
    running = asyncio.create_task(process.run(ready.append))
    await until(lambda: ready, 10)
    engine = process._driver.engine
    assert engine.is_ready
    ledger.ahead_ms = 60_000
    await until(lambda: not engine.is_ready)
    ledger.ahead_ms = 0
    await until(lambda: engine.is_ready)
    process.end()
    assert await running == 0
    await process.close()
    assert ledger.is_closed


class _SharedLedger:
    """The model, awaited, with a clock that can be wrong."""

    def __init__(self, ahead_ms: int | None) -> None:
        self.ahead_ms = ahead_ms
        self.is_closed = False
        self._memory = MemoryLedger()

    async def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        await asyncio.sleep(0)
        return self._memory.submit(batch)

    async def clock_ms(self) -> int | None:
        return None if self.ahead_ms is None else round(time.time() * 1000) + self.ahead_ms

    async def close(self) -> None:
        self.is_closed = True


def _shared(ahead_ms: int | None) -> tuple[Process, _SharedLedger]:
    clock, ledger = Clock(), _SharedLedger(ahead_ms)
    parts = Parts(
        engine=make_engine(configuration()),
        shared=ledger,
        clock=clock,
        log=Log(lambda _: None, clock, 1_000),
        stops=Stops(None),
        settings=settings(),
    )
    return Process(parts), ledger
