"""Several batches are in flight, none of them with a card or a terminal of another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import pytest
from msgspec.structs import replace

from switch.core.effects import Submit
from switch.core.operations import LeaseNumbers, LoadSession, Operation, Renew, SignOn
from switch.core.outcomes import Missing, Outcome
from switch.ledger.protocol import LedgerFailed
from switch.shell.commits import Asked
from switch.shell.sharing import commits as module
from switch.shell.sharing.commits import MOST, SharedCommits, marks
from tests.switch.ledger.making import attempt, claiming, closing, key, opening


class _Ledger:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.gates: list[asyncio.Event] = []
        self.failure: Exception | None = None

    async def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        self.gates.append(asyncio.Event())
        await self.gates[-1].wait()
        if self.failure is not None:
            raise self.failure
        return [Missing() for _ in batch]

    async def clock_ms(self) -> int | None:
        return None

    async def close(self) -> None:
        pass


def _asked(*operations: Operation) -> list[Asked]:
    return [(Submit(number, operation), 0, "") for number, operation in enumerate(operations)]


def _of(number: int) -> Operation:
    return replace(opening(number, number), key=key(number, card=b"%16d" % number), cap=None)


def _operations(asked: list[Asked]) -> list[Operation]:
    return [submit.operation for submit, _, _ in asked]


@pytest.fixture(autouse=True)
def _few_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORTH_IT", 3)
    monkeypatch.setattr(module, "SLOW_S", 0.05)


async def test_what_concerns_a_card_in_flight_waits_and_keeps_its_order() -> None:
    commits = SharedCommits(_Ledger())
    first, waiting = commits.choose(_asked(_of(1)))
    assert not waiting
    commits.submit(_operations(first), _nothing, _never)
    later = replace(closing(9, 1), key=key(1, card=b"%16d" % 1))
    again = replace(closing(10, 2), key=key(2, card=b"%16d" % 1))
    chosen, left = commits.choose(_asked(_of(2), later, _of(3), again, _of(4)))
    assert _operations(chosen) == [_of(2), _of(3), _of(4)]
    assert _operations(left) == [later, again]
    commits.close()


async def test_terminals_blocks_and_leases_are_kept_apart_too() -> None:
    session, numbers = LoadSession(1, "50010001"), LeaseNumbers(2, "stan", 5)
    assert marks(session) == marks(SignOn(3, "50010001", b""))
    assert marks(numbers) != marks(LeaseNumbers(2, "rrn", 5))
    assert marks(Renew(1, 1, 1)) & marks(claiming(1))
    assert marks(opening(1)) == {key().card}
    assert marks(session).isdisjoint(marks(numbers) | marks(opening(1)) | marks(Renew(1, 1, 1)))


async def test_few_operations_wait_for_a_batch_in_flight_but_not_for_a_slow_one() -> None:
    ledger = _Ledger()
    commits = SharedCommits(ledger)
    woken = asyncio.Event()
    commits.wake = woken.set
    commits.submit([_of(1)], _nothing, _never)
    assert commits.choose(_asked(_of(2), _of(3)))[0] == []
    assert len(commits.choose(_asked(_of(2), _of(3), _of(4)))[0]) == 3
    await asyncio.wait_for(woken.wait(), 1)
    assert len(commits.choose(_asked(_of(2), _of(3)))[0]) == 2
    commits.close()


async def test_there_are_so_many_lanes_and_outcomes_come_as_they_are_ready() -> None:
    ledger = _Ledger()
    commits = SharedCommits(ledger, lanes=2)
    came: list[int] = []

    def arrive(number: int, _: list[Outcome]) -> None:
        came.append(number)

    for number in (1, 2):
        assert not commits.is_busy
        commits.submit([_of(number)], partial(arrive, number), _never)
    assert commits.is_busy
    await asyncio.sleep(0)
    ledger.gates[1].set()
    await asyncio.sleep(0.01)
    assert (came, commits.is_busy) == ([2], False)
    ledger.gates[0].set()
    await asyncio.sleep(0.01)
    assert came == [2, 1]
    commits.close()


async def test_a_batch_has_a_limit() -> None:
    commits = SharedCommits(_Ledger())
    waiting = _asked(*(_of(number) for number in range(MOST + 5)))
    chosen, left = commits.choose(waiting)
    assert (len(chosen), len(left)) == (MOST, 5)
    commits.submit([_of(MOST + 10)], _nothing, _never)
    assert [len(part) for part in commits.choose(waiting)] == [MOST, 5]
    commits.close()


async def test_a_failure_is_handed_over_and_what_is_dropped_is_not() -> None:
    ledger = _Ledger()
    ledger.failure = LedgerFailed("no use")
    commits = SharedCommits(ledger)
    failed: list[BaseException] = []
    commits.submit([opening(attempt(1))], _never_done, failed.append)
    await asyncio.sleep(0)
    ledger.gates[0].set()
    await asyncio.sleep(0.01)
    assert failed == [ledger.failure]
    commits.submit([opening(attempt(2))], _never_done, _never)
    await asyncio.sleep(0)
    commits.close()
    await asyncio.sleep(0.01)


def _nothing(_outcomes: list[Outcome]) -> None:
    pass


def _never(error: BaseException) -> None:
    raise AssertionError(error)


def _never_done(outcomes: list[Outcome]) -> None:
    raise AssertionError(outcomes)
