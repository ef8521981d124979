"""Events in, effects out: turns, batches, one timer, and ends without an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from messages.crypto.keys import Mak, Pik, WorkingKeys
from switch.core.effects import (
    CloseTerminal,
    DrawKeys,
    Effect,
    Report,
    SendToLink,
    SendToTerminal,
    Submit,
)
from switch.core.errors import InvariantBroken
from switch.core.events import (
    Event,
    KeysDrawn,
    LedgerAnswered,
    TerminalConnected,
    TerminalFrameReceived,
    TimePassed,
)
from switch.core.moment import Moment
from switch.core.operations import (
    LoadSession,
)
from switch.core.outcomes import (
    Missing,
)
from switch.ledger.protocol import LedgerFailed
from switch.shell.clock import Clock
from switch.shell.commits import Commits, InlineCommits, ThreadCommits
from switch.shell.driver import INTERNAL, LEDGER_FAILED, Driver
from switch.shell.watching.log import Log
from tests.switch.shell.playing import ScriptedEngine, ScriptedLedger, silent, until

_PAN = "6219991234567890120"


class _Outlet:
    """Keeps what is flushed."""

    def __init__(self) -> None:
        self.out: list[bytes] = []
        self.writes: list[list[bytes]] = []
        self.ends: list[str] = []

    def sent(self, at: Moment) -> None:
        pass

    def flush(self) -> None:
        self.writes.append(list(self.out))
        self.out.clear()

    def close(self) -> None:
        self.ends.append("closed")

    def abort(self) -> None:
        self.ends.append("aborted")


class _Scene:
    """A driver between a scripted engine and a scripted ledger, with one terminal and one link."""

    def __init__(self, script: Callable[[Event], list[Effect]], *, threaded: bool = False) -> None:
        self.engine = ScriptedEngine(script)
        self.ledger = ScriptedLedger()
        self.lines: list[bytes] = []
        clock = Clock()
        commits: Commits = InlineCommits(self.ledger)
        if threaded:
            commits = ThreadCommits(self.ledger, asyncio.get_running_loop())
        self.driver = Driver(self.engine, commits, clock, Log(self.lines.append, clock, 100))
        self.terminal, self.link = _Outlet(), _Outlet()
        self.driver.terminals[1] = self.terminal
        self.driver.links["issuer"] = self.link
        self.blamed: list[str] = []
        self.driver.blame = self.blamed.append

    def receive(self, frame: bytes = b"", peer: str = "192.0.2.7") -> None:
        self.driver.handle(TerminalFrameReceived(1, frame), self.driver.now(), peer)

    async def quiet(self) -> None:
        await until(lambda: self.driver.is_quiet)

    @property
    def log(self) -> str:
        return b"".join(self.lines).decode()


def _submit(ticket: int) -> Submit:
    return Submit(ticket, LoadSession(ticket, "50010001"))


async def test_effects_are_carried_out_in_order_and_a_turn_is_one_write() -> None:
    def script(event: Event) -> list[Effect]:
        if isinstance(event, TerminalFrameReceived):
            return [SendToTerminal(1, event.frame), SendToLink("issuer", event.frame)]
        return []

    scene = _Scene(script)
    for frame in (b"a", b"b", b"c"):
        scene.receive(frame)
    assert scene.terminal.writes == []
    await scene.quiet()
    assert scene.terminal.writes == [[b"a", b"b", b"c"]]
    assert scene.link.writes == [[b"a", b"b", b"c"]]


@pytest.mark.parametrize("threaded", [False, True])
async def test_operations_of_one_turn_are_one_batch_and_answers_come_in_order(
    threaded: bool,
) -> None:
    def script(event: Event) -> list[Effect]:
        if isinstance(event, TerminalFrameReceived):
            return [_submit(event.frame[0]), _submit(event.frame[0] + 100)]
        return []

    scene = _Scene(script, threaded=threaded)
    for number in (1, 2, 3):
        scene.receive(bytes([number]))
    await scene.quiet()
    assert [[o.attempt for o in batch] for batch in scene.ledger.batches] == [
        [1, 101, 2, 102, 3, 103]
    ]
    tickets = [1, 101, 2, 102, 3, 103]
    assert scene.engine.seen(LedgerAnswered) == [LedgerAnswered(t, Missing()) for t in tickets]
    assert scene.driver.counters.operations == 6
    assert scene.driver.counters.ledger_wait.count == 6


async def test_the_next_batch_is_what_arrived_while_the_last_one_committed() -> None:
    def script(event: Event) -> list[Effect]:
        return [_submit(event.frame[0])] if isinstance(event, TerminalFrameReceived) else []

    scene = _Scene(script, threaded=True)
    scene.receive(b"\x01")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for number in (2, 3, 4):
        scene.receive(bytes([number]))
    await scene.quiet()
    assert sum(len(batch) for batch in scene.ledger.batches) == 4
    assert [o.attempt for batch in scene.ledger.batches for o in batch] == [1, 2, 3, 4]


async def test_drawn_keys_are_random_of_odd_parity_and_come_after_the_other_effects() -> None:
    def script(event: Event) -> list[Effect]:
        if isinstance(event, TerminalFrameReceived):
            return [DrawKeys(7, 8), DrawKeys(8, 16), SendToTerminal(1, b"first")]
        return [SendToTerminal(1, b"then")] if isinstance(event, KeysDrawn) else []

    scene = _Scene(script)
    scene.receive()
    await scene.quiet()
    first, second = (event for event in scene.engine.events if isinstance(event, KeysDrawn))
    assert (first.ticket, len(first.pik), len(first.mak)) == (7, 16, 8)
    assert (second.ticket, len(second.pik), len(second.mak)) == (8, 16, 16)
    assert first.pik != second.pik
    assert all(byte.bit_count() % 2 for byte in first.pik + first.mak + second.pik + second.mak)
    assert scene.terminal.writes == [[b"first", b"then", b"then"]]


async def test_fixed_keys_replace_chance() -> None:
    scene = _Scene(lambda e: [DrawKeys(1, 8)] if isinstance(e, TerminalConnected) else [])
    scene.driver.fixed_keys = WorkingKeys(Pik(bytes(range(16))), Mak(bytes(range(8))))
    scene.driver.handle(TerminalConnected(1), scene.driver.now())
    assert scene.engine.events[-1] == KeysDrawn(1, bytes(range(16)), bytes(range(8)))


async def test_time_passes_when_the_deadline_has_come_and_not_before() -> None:
    scene = _Scene(lambda _: [])
    begun = scene.driver.now().elapsed_ns
    deadline = begun + 40_000_000
    scene.engine.next_deadline_ns = deadline

    def script(event: Event) -> list[Effect]:
        if isinstance(event, TimePassed):
            scene.engine.next_deadline_ns = None
        return []

    scene.engine.script = script
    scene.receive()
    await until(lambda: scene.engine.seen(TimePassed))
    assert scene.engine.moments[-1].elapsed_ns >= deadline
    assert len(scene.engine.seen(TimePassed)) == 1


async def test_an_earlier_deadline_moves_the_timer_and_a_later_one_is_only_looked_at() -> None:
    def script(event: Event) -> list[Effect]:
        if isinstance(event, TimePassed):
            scene.engine.next_deadline_ns = None
        return []

    scene = _Scene(script)
    now = scene.driver.now().elapsed_ns
    scene.engine.next_deadline_ns = now + 3_600_000_000_000
    scene.receive()
    await scene.quiet()
    now = scene.driver.now().elapsed_ns
    scene.engine.next_deadline_ns = now + 10_000_000
    scene.receive()

    def put_off() -> None:
        scene.engine.next_deadline_ns = now + 60_000_000

    # Right behind the end of the turn, so that no timer can ring in between, whatever the load.
    asyncio.get_running_loop().call_soon(put_off)
    await until(lambda: scene.engine.seen(TimePassed))
    assert scene.engine.moments[-1].elapsed_ns >= now + 60_000_000


async def test_a_report_is_a_log_line_and_a_closing_is_told() -> None:
    scene = _Scene(lambda _: [Report("late_answer", {"stan": "000002"}), CloseTerminal(1, "done")])
    scene.receive()
    assert '"event":"late_answer"' in scene.log
    assert '"stan":"000002"' in scene.log
    assert scene.terminal.ends == ["closed"]


async def test_a_broken_invariant_stops_everything_and_blames_the_peer_of_the_frame() -> None:
    def script(event: Event) -> list[Effect]:
        if isinstance(event, TerminalFrameReceived):
            if event.frame == b"poison":
                raise InvariantBroken("a released hold was open")
            return [SendToTerminal(1, event.frame)]
        return []

    scene = _Scene(script)
    scene.receive(b"good")
    scene.receive(b"poison", peer="192.0.2.9")
    scene.receive(b"after")
    await asyncio.sleep(0.01)
    assert scene.driver.stopped.result() == INTERNAL
    assert scene.blamed == ["192.0.2.9"]
    assert scene.terminal.ends == ["aborted"]
    assert [frame for write in scene.terminal.writes for frame in write] == []
    assert len(scene.engine.seen(TerminalFrameReceived)) == 2
    assert "a released hold was open" in scene.driver.reason
    assert "test_driver.py" in scene.log


async def test_frames_of_a_turn_are_taken_at_its_end_and_before_whatever_comes_after_them() -> None:
    scene = _Scene(silent)
    now = scene.driver.now()
    for frame in (b"a", b"b"):
        scene.driver.hear(TerminalFrameReceived(1, frame), now, "192.0.2.7")
    assert scene.engine.events == []
    assert not scene.driver.is_quiet
    assert scene.driver.undecided == 2
    scene.driver.handle(TimePassed(), now)
    assert [type(event) for event in scene.engine.events] == [
        TerminalFrameReceived, TerminalFrameReceived, TimePassed,
    ]  # fmt: skip
    scene.driver.hear(TerminalFrameReceived(1, b"c"), now, "192.0.2.7")
    await scene.quiet()
    assert scene.engine.events[-1] == TerminalFrameReceived(1, b"c")


async def test_of_the_frames_of_a_turn_the_one_that_broke_something_is_blamed() -> None:
    def script(event: Event) -> list[Effect]:
        if event == TerminalFrameReceived(1, b"b"):
            raise InvariantBroken("poison")
        return [SendToTerminal(1, b"x")]

    scene = _Scene(script)
    for frame, peer in ((b"a", "192.0.2.7"), (b"b", "192.0.2.8"), (b"c", "192.0.2.9")):
        scene.driver.hear(TerminalFrameReceived(1, frame), scene.driver.now(), peer)
    assert await scene.driver.stopped == INTERNAL
    assert scene.blamed == ["192.0.2.8"]
    assert scene.terminal.writes == []
    assert len(scene.engine.events) == 2


async def test_an_error_after_the_ledgers_answer_still_blames_the_peer_that_asked() -> None:
    def script(event: Event) -> list[Effect]:
        if isinstance(event, TerminalFrameReceived):
            return [_submit(1)]
        raise InvariantBroken("no such ticket")

    scene = _Scene(script)
    scene.receive(peer="192.0.2.9")
    await until(scene.driver.stopped.done)
    assert scene.blamed == ["192.0.2.9"]


async def test_any_other_error_stops_too_and_its_text_is_not_told() -> None:
    def script(event: Event) -> list[Effect]:
        raise KeyError(_PAN, event)

    scene = _Scene(script)
    scene.receive()
    assert scene.driver.stopped.result() == INTERNAL
    assert scene.driver.reason == "internal error (KeyError)"
    assert "KeyError" in scene.log
    assert "1234567890" not in scene.log


@pytest.mark.parametrize("threaded", [False, True])
async def test_a_failed_commit_stops_the_process_and_nobody_is_answered(threaded: bool) -> None:
    def script(event: Event) -> list[Effect]:
        if isinstance(event, TerminalFrameReceived):
            return [_submit(1), SendToTerminal(1, b"later")] if event.frame else [_submit(2)]
        return [SendToTerminal(1, b"false answer")]

    scene = _Scene(script, threaded=threaded)
    scene.ledger.failure = LedgerFailed("fsync")
    scene.receive()
    await until(scene.driver.stopped.done)
    await asyncio.sleep(0.01)
    assert scene.driver.stopped.result() == LEDGER_FAILED
    assert scene.terminal.writes == []
    assert not scene.engine.seen(LedgerAnswered)
    assert scene.blamed == []
    assert "the ledger failed (LedgerFailed)" in scene.log


async def test_an_invariant_that_broke_in_the_ledger_blames_a_lone_peer_only() -> None:
    for peers, blamed in ((["a", "a"], ["a"]), (["a", "b"], [])):
        scene = _Scene(lambda e: [_submit(1)] if isinstance(e, TerminalFrameReceived) else [])
        scene.ledger.failure = InvariantBroken("a hold below zero")
        for peer in peers:
            scene.receive(peer=peer)
        await until(scene.driver.stopped.done)
        assert scene.driver.stopped.result() == INTERNAL
        assert scene.blamed == blamed


class _Reading:
    """A transport that can be paused."""

    def __init__(self) -> None:
        self.states: list[str] = []

    def pause_reading(self) -> None:
        self.states.append("paused")

    def resume_reading(self) -> None:
        self.states.append("resumed")

    def is_closing(self) -> bool:
        return False


async def test_terminals_wait_while_the_ledger_is_behind_and_are_read_again_after() -> None:
    scene = _Scene(lambda e: [_submit(1)] if isinstance(e, TerminalFrameReceived) else [])
    scene.driver.congestion = 3
    reading = _Reading()
    scene.receive()
    scene.receive()
    before = scene.driver.is_congested
    scene.receive()
    assert (before, scene.driver.is_congested) == (False, True)
    scene.driver.hold_back(cast("asyncio.ReadTransport", reading))
    assert reading.states == ["paused"]
    await until(lambda: reading.states == ["paused", "resumed"])
    assert scene.driver.counters.paused_reads == 1


async def test_a_jump_of_the_wall_clock_is_counted_and_told() -> None:
    scene = _Scene(lambda _: [])
    scene.driver._clock.on_jump(-5_000)
    assert scene.driver.counters.wall_jumps == 1
    assert '"by_ms":-5000' in scene.log
