"""The quick way ends every transaction as the actor would have, and leaves the same memory."""

from __future__ import annotations

import asyncio
from time import perf_counter_ns

import pytest

from messages.crypto.keys import Mak
from simulators.installation import MAK
from simulators.load.driving.part import Driver
from simulators.load.driving.terminals import DEMANDING, OUTCOMES
from simulators.load.measuring.recorder import Ticket
from simulators.terminal_memory import Verdict
from simulators.terminals import answers
from simulators.wire import Wire
from tests.simulators.load.hosting import Served, hosted, job

_FLEET = {"terminals": 1, "sign_on": "none", "first_stan": 5}


def test_the_answers_that_ask_for_something_are_those_of_the_actor() -> None:
    assert DEMANDING == answers.IN_DOUBT | answers.SIGN_ON_AGAIN


def _answering(served: Served, change: dict[int, str], *, request: str = "") -> None:
    """Have the host answer withdrawals with changed fields, or with a processing request."""
    answers = served.host.answers
    plain = answers.of
    wire: Wire = answers.wire
    mac = wire.mac(Mak.from_hex(MAK))

    def changed(frame: bytes) -> bytes:
        answer = plain(frame)
        heard = wire.hear(answer[2:])
        if heard.mti != "0210":
            return answer
        fields = {n: text for n, text in heard.fields.items() if n != 64} | change
        heads = wire.framing.answer_heads(frame, processing_request=request or None)
        whole = wire.say(heads, "0210", dict(sorted(fields.items())), mac)
        return whole[:-8] + b"00000000" if change.get(64) else whole

    answers.of = changed  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("change", "request_", "end", "owed", "is_signed_on"),
    [
        ({}, "", "approved", 0, True),
        ({}, "3", "approved", 0, False),
        ({39: "51"}, "", "declined", 0, True),
        ({39: "98"}, "", "declined", 1, True),
        ({39: "A0"}, "", "declined", 0, False),
        ({64: "bad"}, "", "mac_wrong", 1, False),
        ({4: "000000009999"}, "", "answer_wrong", 1, True),
    ],
)
async def test_ends_and_memory_are_those_of_the_actor(
    change: dict[int, str], request_: str, end: str, owed: int, is_signed_on: bool
) -> None:
    async with hosted() as served:
        _answering(served, change, request=request_)
        driver = Driver(job(served.port, fleet=_FLEET))
        await driver.prepare()
        crowd = driver.crowd
        assert crowd is not None
        (agent,) = crowd.agents
        crowd.idle.clear()
        agent.begin(Ticket(perf_counter_ns(), "withdrawal", 0, 1_000), perf_counter_ns())
        assert agent._is_quick
        async with asyncio.timeout(5):
            while agent.ticket is not None:  # noqa: ASYNC110 - a poll
                await asyncio.sleep(0.005)
        memory = agent.terminal.memory
        assert driver.recorder.accounts.outcomes == {end: 1}
        assert len(memory.owed) == owed
        assert memory.is_signed_on is is_signed_on
        assert memory.stan == 6
        crowd.close()
        await asyncio.sleep(0.01)


async def test_a_line_that_is_lost_gives_the_request_up_and_owes_its_reversal() -> None:
    async with hosted(5.0) as served:
        driver = Driver(job(served.port, fleet=_FLEET))
        await driver.prepare()
        crowd = driver.crowd
        assert crowd is not None
        (agent,) = crowd.agents
        crowd.idle.clear()
        agent.begin(Ticket(perf_counter_ns(), "withdrawal", 0, 1_000), perf_counter_ns())
        await asyncio.sleep(0.02)
        crowd.hang_up()
        await asyncio.sleep(0.02)
        assert driver.recorder.accounts.outcomes == {"line_lost": 1}
        assert len(agent.terminal.memory.owed) == 1
        crowd.close()


def test_every_verdict_of_a_terminal_counts_as_something() -> None:
    assert OUTCOMES.keys() == set(Verdict)
