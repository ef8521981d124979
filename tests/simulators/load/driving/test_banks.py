"""Mock issuers: how long they took by reference number, their trouble, and their books."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import pytest

from simulators.load.driving.banks import Banks
from simulators.load.measuring.results import Part
from simulators.load.scenario.reading import understood
from tests.simulators.load.hosting import driven, job


def _banks(**changes: Any) -> Banks:  # noqa: ANN401 - any part of a scenario
    told = {
        "format": 1,
        "kind": "load",
        "name": "x",
        "arrivals": {"schedule": "poisson", "rate": 1.0},
        "issuers": {"listen": ["127.0.0.1:0"], "alternates": ["127.0.0.1:0"]},
        "cards": {"count": 20},
    }
    return Banks(understood(told | changes), Path())


async def _load(banks: Banks, port: int, **changes: Any) -> Part:  # noqa: ANN401 - as above
    told = {"as": "network", "cards": {"count": 20}, "network": {"lines": 1}, "seconds": 1.0}
    return await driven(job(port, **(told | changes)), at_start=banks.start)


async def test_each_request_has_its_time_and_the_books_balance() -> None:
    banks = _banks(issuers={"listen": ["127.0.0.1:0"], "delay_ms": 30})
    ((port,),) = await banks.open()
    part = await _load(banks, port)
    await banks.connected(1.0)
    backs = banks.backs()
    assert len(backs) == part.accounts.intended
    assert all(took_us > 25_000 for took_us in backs.values())
    (book,) = banks.books()
    assert book.balances
    assert sum(book.standing_fen.values()) == sum(part.accounts.approved_fen.values())
    banks.close()
    await asyncio.sleep(0.05)


async def test_a_silent_and_a_slow_issuer_are_so_in_their_windows() -> None:
    faults = [
        {"kind": "issuer_silent", "from_s": 0.0, "for_s": 0.4, "share": 1.0},
        {"kind": "issuer_slow", "from_s": 0.6, "for_s": 0.4, "share": 1.0, "ms": 120},
    ]
    banks = _banks(fault=faults)
    ((port, _),) = await banks.open()
    part = await _load(banks, port, limits={"timeout_ms": 300})
    assert part.accounts.outcomes["no_answer"] > 5
    assert part.accounts.is_whole
    (book,) = banks.books()
    assert book.returned == part.accounts.reversed
    assert max(banks.backs().values()) > 110_000
    banks.close()
    await asyncio.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as made:
        return made.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize(
    ("kind", "during"), [("issuer_down", [False, False]), ("link_outage", [False, True])]
)
async def test_doors_are_shut_and_opened_again(kind: str, during: list[bool]) -> None:
    banks = _banks(fault=[{"kind": kind, "from_s": 0.0, "for_s": 0.5}])
    (ports,) = await banks.open()
    assert [_listens(port) for port in ports] == [True, True]
    # asyncio of Python 3.11 leaks what it accepts in the very turn in which a server closes.
    await asyncio.sleep(0.05)
    banks.start(perf_counter_ns())
    await asyncio.sleep(0.1)
    assert [_listens(port) for port in ports] == during
    async with asyncio.timeout(20):
        while not all(_listens(port) for port in ports):  # noqa: ASYNC110 - a poll
            await asyncio.sleep(0.02)
    banks.close()
    await asyncio.sleep(0.05)


async def test_an_issuer_that_nobody_reaches_is_named() -> None:
    banks = _banks()
    await banks.open()
    with pytest.raises(TimeoutError, match="nobody has signed on at the issuer on 127"):
        await banks.connected(0.05)
    banks.close()
    await asyncio.sleep(0.05)
