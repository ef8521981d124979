"""Both ways to commit: one batch in flight, outcomes and failures in the loop's thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from switch.core.operations import (
    LoadSession,
    Operation,
)
from switch.core.outcomes import (
    Missing,
    Outcome,
)
from switch.ledger.protocol import Ledger, LedgerFailed
from switch.shell.commits import Commits, InlineCommits, ThreadCommits

_BATCH = [LoadSession(1, "50010001"), LoadSession(2, "50010002")]


class _Ledger:
    """Says which thread committed; stops where it is told to."""

    def __init__(self) -> None:
        self.threads: list[int] = []
        self.failure: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()

    def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        self.gate.wait(5)
        self.threads.append(threading.get_ident())
        if self.failure is not None:
            raise self.failure
        return [Missing() for _ in batch]

    def close(self) -> None:
        pass


def _made(kind: str, ledger: Ledger) -> Commits:
    if kind == "inline":
        return InlineCommits(ledger)
    return ThreadCommits(ledger, asyncio.get_running_loop())


@pytest.mark.parametrize("kind", ["inline", "thread"])
async def test_outcomes_come_back_in_the_thread_of_the_loop(kind: str) -> None:
    ledger = _Ledger()
    commits = _made(kind, ledger)
    came: asyncio.Future[tuple[list[Outcome], int]] = asyncio.get_running_loop().create_future()
    commits.submit(_BATCH, lambda o: came.set_result((o, threading.get_ident())), _never)
    outcomes, thread = await came
    assert outcomes == [Missing(), Missing()]
    assert thread == threading.get_ident()
    assert (ledger.threads[0] == threading.get_ident()) is (kind == "inline")
    assert not commits.is_busy
    commits.close()


@pytest.mark.parametrize("kind", ["inline", "thread"])
async def test_a_failure_is_handed_over_and_no_outcome_is(kind: str) -> None:
    ledger = _Ledger()
    ledger.failure = LedgerFailed("no sync")
    commits = _made(kind, ledger)
    failed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
    commits.submit(_BATCH, _never, failed.set_result)
    assert await failed is ledger.failure
    commits.close()


async def test_the_loop_goes_on_while_a_thread_commits_and_the_lane_says_it_is_busy() -> None:
    ledger = _Ledger()
    ledger.gate.clear()
    commits = ThreadCommits(ledger, asyncio.get_running_loop())
    done = asyncio.Event()
    commits.submit(_BATCH, lambda _: done.set(), _never)
    await asyncio.sleep(0.01)
    assert (commits.is_busy, done.is_set()) == (True, False)
    ledger.gate.set()
    await done.wait()
    assert (commits.is_busy, done.is_set()) == (False, True)
    commits.close()


async def test_closing_waits_for_the_batch_in_flight() -> None:
    ledger = _Ledger()
    commits = ThreadCommits(ledger, asyncio.get_running_loop())
    commits.submit(_BATCH, lambda _: None, _never)
    commits.close()
    assert len(ledger.threads) == 1


def _never(_: object) -> None:
    raise AssertionError("this must not be called")
