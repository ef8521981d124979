"""Only what is certain of a skew is told: the time that an answer took is allowed for."""

from __future__ import annotations

import asyncio

import pytest

from switch.shell.sharing import skew
from switch.shell.sharing.skew import skew_ms, watch
from tests.switch.ledger.making import attempt
from tests.switch.shell.sharing.test_commits import _Ledger

NOW_MS = 1_700_000_000_000


class _Timed(_Ledger):
    """A ledger with a clock, and what an answer of it takes."""

    def __init__(self, theirs_ms: int | None, took_ms: int) -> None:
        super().__init__()
        self.theirs_ms, self.took_ms = theirs_ms, took_ms
        self.elapsed_ns = attempt(1)

    async def clock_ms(self) -> int | None:
        self.elapsed_ns += self.took_ms * 1_000_000
        return self.theirs_ms

    def elapsed(self) -> int:
        return self.elapsed_ns


@pytest.mark.parametrize(
    ("theirs_ms", "took_ms", "ahead_ms"),
    [
        (NOW_MS, 0, 0),
        (NOW_MS - 3_000, 0, 3_000),
        (NOW_MS + 3_000, 0, -3_000),
        (NOW_MS + 500, 1_000, 0),
        (NOW_MS - 3_000, 1_000, 3_000),
        (NOW_MS + 4_000, 1_000, -3_000),
        (None, 5, None),
    ],
)
async def test_the_skew_is_what_is_certain_of_it(
    theirs_ms: int | None, took_ms: int, ahead_ms: int | None
) -> None:
    ledger = _Timed(theirs_ms, took_ms)
    assert await skew_ms(ledger, lambda: NOW_MS * 1_000_000, ledger.elapsed) == ahead_ms


async def test_it_is_told_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skew, "EVERY_S", 0.001)
    ledger, told = _Timed(NOW_MS - 9, 0), list[int]()
    watching = asyncio.create_task(
        watch(ledger, (lambda: NOW_MS * 1_000_000, ledger.elapsed), told.append)
    )
    await asyncio.sleep(0.05)
    watching.cancel()
    assert told[:2] == [9, 9]
