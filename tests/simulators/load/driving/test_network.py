"""The interbank side against an issuer's host in the same loop: few lines, many requests out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import perf_counter_ns

import pytest

from messages.dialects.loader import load_dialect
from simulators.accounts import Accounts
from simulators.cards import fictional_card
from simulators.installation import issuer_identity
from simulators.issuer import CALM, Issuer, Temper
from simulators.live import IssuerServer
from simulators.load.driving.network import Lines
from simulators.load.driving.part import Driver
from simulators.load.measuring.recorder import Ticket
from simulators.load.measuring.results import Part
from simulators.wire import Heard, Wire
from switch.shell.clock import Clock
from tests.simulators.load.hosting import driven, job


@asynccontextmanager
async def _bank() -> AsyncIterator[tuple[IssuerServer, int]]:
    wire, accounts = Wire(load_dialect("interbank")), Accounts()
    for number in range(50):
        accounts.open(fictional_card(number), 10_000_000)
    server = IssuerServer(Issuer(issuer_identity(), wire, accounts), wire, Clock())
    try:
        yield server, await server.open("127.0.0.1", 0)
    finally:
        server.close()


async def _run(port: int, **changes: object) -> Part:
    told = {
        "as": "network",
        "cards": {"count": 50},
        "network": {"lines": 1},
        "mix": [{"kind": "withdrawal", "weight": 3.0}, {"kind": "balance"}],
    }
    return await driven(job(port, **(told | changes)))


async def test_requests_are_approved_macs_are_good_and_books_agree() -> None:
    async with _bank() as (server, port):
        part = await _run(port)
        book = server.issuer.accounts.book()
    accounts = part.accounts
    assert accounts.outcomes == {"approved": accounts.intended}
    assert sum(accounts.approved_fen.values()) == book.opening_fen - book.closing_fen > 0
    assert server.issuer.refused_macs == 0
    assert {cell.link for cell in part.cells} == {"line-1"}


async def test_the_window_limits_what_is_out_and_waiting_counts() -> None:
    async with _bank() as (server, port):
        server.issuer.temper = lambda _: Temper(delay_ms=100)
        part = await _run(port, network={"lines": 1, "window": 4})
    assert part.accounts.waited > 20
    assert part.accounts.is_whole
    (cell, *_) = part.cells
    assert cell.intended.percentile_ms(90) > 2 * cell.actual.percentile_ms(90)


def _silent(share: float) -> Callable[[Heard], Temper]:
    seen = 0

    def temper(heard: Heard) -> Temper:
        nonlocal seen
        seen += heard.mti == "0200"
        return Temper(answers=0) if heard.mti == "0200" and seen % int(1 / share) == 0 else CALM

    return temper


async def test_silence_is_reversed_until_acknowledged() -> None:
    async with _bank() as (server, port):
        server.issuer.temper = _silent(0.2)
        part = await _run(port, limits={"timeout_ms": 300})
        returned = sum(debit.is_returned for debit in server.issuer.accounts.debits.values())
        book = server.issuer.accounts.book()
    accounts = part.accounts
    assert accounts.outcomes["no_answer"] > 5
    assert accounts.is_whole
    assert returned == accounts.reversed > 0
    assert (accounts.owed, accounts.unresolved) == (0, 0)
    assert sum(accounts.approved_fen.values()) == book.opening_fen - book.closing_fen


async def test_a_wrong_mac_is_seen_and_reversed() -> None:
    async with _bank() as (server, port):
        server.issuer.temper = lambda heard: Temper(breaks_mac=heard.mti == "0200")
        part = await _run(port, seconds=0.5)
    assert set(part.accounts.outcomes) == {"mac_wrong"}


async def test_new_keys_are_taken_and_a_lost_line_dials_again() -> None:
    async with _bank() as (server, port):
        loop = asyncio.get_running_loop()
        loop.call_later(0.3, server.change_key, "PIK", bytes(range(16)))
        loop.call_later(0.5, server.change_key, "MAK", bytes(range(16, 32)))
        loop.call_later(0.8, server.hang_up)
        part = await _run(port, seconds=2.0)
    outcomes = part.accounts.outcomes
    assert outcomes["approved"] > 20
    assert not outcomes.get("mac_wrong")
    assert not outcomes.get("declined")
    assert part.accounts.is_whole
    assert sum(second.outcomes.get("approved", 0) for second in part.seconds[1:]) > 10


async def test_a_closed_loop_keeps_the_window_full() -> None:
    async with _bank() as (server, port):
        server.issuer.temper = lambda _: Temper(delay_ms=50)
        part = await _run(port, loop="closed", network={"lines": 1, "window": 5})
    assert part.accounts.is_whole
    assert 5 < part.accounts.intended < 110


async def _lines(port: int, **changes: object) -> tuple[Driver, Lines]:
    told = {"as": "network", "cards": {"count": 50}, "limits": {"timeout_ms": 20_000}}
    driver = Driver(job(port, **(told | changes)))
    await driver.prepare()
    assert driver.lines is not None
    return driver, driver.lines


def _approved(driver: Driver) -> int:
    return driver.recorder.accounts.outcomes.get("approved", 0)


async def test_a_closed_loop_goes_on_over_a_line_that_was_lost() -> None:
    async with _bank() as (server, port):
        driver, lines = await _lines(port, loop="closed", network={"lines": 1, "window": 5})
        (each,) = lines.institutions
        lines.next_ticket = lambda now_ns: Ticket(now_ns, "balance", 0, 0)
        lines.begin_closed()
        assert lines.in_flight == 5
        async with asyncio.timeout(20):
            server.hang_up()
            while each.line is not None:  # noqa: ASYNC110 - a poll
                await asyncio.sleep(0.005)
            before = _approved(driver)
            while _approved(driver) < before + 20:  # noqa: ASYNC110 - a poll
                await asyncio.sleep(0.005)
        assert lines.in_flight == 5
        lines.close()
        await asyncio.sleep(0.01)
        assert driver.recorder.accounts.is_whole


async def test_what_waits_for_a_line_goes_first_and_its_lateness_counts() -> None:
    async with _bank() as (_, port):
        driver, lines = await _lines(port, network={"lines": 1, "window": 3})
        (each,) = lines.institutions
        tickets = [Ticket(perf_counter_ns(), "balance", number, 0) for number in range(5)]
        each.is_signed_on = False
        for ticket in tickets[:4]:
            lines.offer(ticket, ticket.due_ns + 1_000_000_000)
        assert list(lines.waiting) == tickets[:4]
        each.is_signed_on = True
        lines.offer(tickets[4], tickets[4].due_ns + 1_000_000_000)
        assert [out.ticket for out in each.out.values()] == tickets[:3]
        assert list(lines.waiting) == tickets[3:]
        recorder = driver.recorder
        assert recorder.accounts.waited == 5
        assert (len(recorder.late), recorder.late.share_above(900_000)) == (5, 1.0)
        lines.close()
        await asyncio.sleep(0.01)


async def test_nobody_there_is_told() -> None:
    with pytest.raises(ConnectionError, match="cannot connect"):
        await _run(1)


async def test_a_mix_has_sales_payments_reversals_and_echoes_and_the_books_agree() -> None:
    kinds = ("withdrawal", "sale", "payment", "balance", "reversal", "echo")
    async with _bank() as (server, port):
        part = await _run(port, mix=[{"kind": kind} for kind in kinds], seconds=1.5)
        debits = server.issuer.accounts.debits.values()
        book = server.issuer.accounts.book()
    accounts = part.accounts
    assert accounts.outcomes == {"approved": accounts.intended}
    assert {cell.kind for cell in part.cells} == set(kinds)
    returned = sum(debit.is_returned for debit in debits)
    assert 0 < returned <= sum(c.outcomes["approved"] for c in part.cells if c.kind == "reversal")
    assert sum(accounts.approved_fen.values()) == book.opening_fen - book.closing_fen > 0
    assert server.issuer.refused_macs == 0
    assert (accounts.owed, accounts.unresolved) == (0, 0)


async def test_a_reversal_that_is_not_answered_is_sent_again_until_it_is() -> None:
    async with _bank() as (server, port):
        seen: set[str] = set()

        def temper(heard: Heard) -> Temper:
            is_first = heard.mti == "0420" and heard.get(90) not in seen
            seen.add(heard.get(90))
            return Temper(ignores=is_first)

        server.issuer.temper = temper
        mix = [{"kind": "sale"}, {"kind": "reversal"}]
        part = await _run(port, mix=mix, limits={"timeout_ms": 300})
        book = server.issuer.accounts.book()
    accounts = part.accounts
    assert accounts.outcomes["no_answer"] > 5
    assert accounts.is_whole
    assert (accounts.owed, accounts.unresolved) == (0, 0)
    assert sum(accounts.approved_fen.values()) == book.opening_fen - book.closing_fen
