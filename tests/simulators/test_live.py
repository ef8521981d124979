"""The actors on real sockets: against each other's frames, and with a whole switch between them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulators import live
from simulators.accounts import Accounts
from simulators.cards import Card
from simulators.installation import (
    Size,
    configuration,
    issuer_identity,
    link_name,
    terminal_identity,
    wires,
)
from simulators.issuer import Issuer, Temper
from simulators.live import Concentrator, IssuerServer, LiveTerminal
from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Kind, Result, Verdict
from switch.core.configuration import Timers
from switch.ledger.memory import MemoryLedger
from switch.pipeline import make_engine
from switch.shell.clock import Clock
from switch.shell.process import Parts, Process
from switch.shell.settings import Limits, LinkAddress, ListenAddress, Settings
from switch.shell.stops import Stops
from switch.shell.watching.log import Log
from tests.simulators.acting import FRAMES, INTERBANK, POS
from tests.switch.shell.playing import until

HOST = "127.0.0.1"
_QUICK = Size(
    terminals=3, timers=Timers(answer_ms=1_500, issuer_ms=700, advice_retry_ms=(200, 200))
)
_WITHDRAWAL = Job(kind=Kind.WITHDRAWAL, card=Card(), amount_fen=50_000)


def _issuer() -> Issuer:
    accounts = Accounts()
    accounts.open(Card(), 500_000)
    return Issuer(issuer_identity(), INTERBANK, accounts)


class _City:
    """A bank, a switch and a terminal, each at its socket."""

    def __init__(self, bank: IssuerServer, terminal: LiveTerminal, ledger: MemoryLedger) -> None:
        self.bank = bank
        self.terminal = terminal
        self.ledger = ledger
        self.port = 0

    async def do(self, *jobs: Job) -> list[tuple[Kind, Verdict, str]]:
        async with asyncio.timeout(20):
            results = await self.terminal.do(*jobs)
        return [(result.kind, result.verdict, result.code) for result in results]


@asynccontextmanager
async def _city() -> AsyncIterator[_City]:
    clock = Clock()
    bank = IssuerServer(_issuer(), wires()[1], clock)
    port = await bank.open(HOST, 0)
    made = configuration(_QUICK)
    settings = Settings(
        listen=(ListenAddress(HOST, 0),),
        terminal_frames=made.terminal_dialect.frame,
        link_frames=made.issuer_dialect.frame,
        links=(LinkAddress(link_name(0), HOST, port),),
        limits=Limits(reconnect_first_ms=10, reconnect_most_ms=50),
        control=None,
        known_dialects=(made.terminal_dialect, made.issuer_dialect),
    )
    ledger = MemoryLedger()
    process = Process(
        Parts(
            engine=make_engine(made),
            ledger=ledger,
            clock=clock,
            log=Log(lambda _: None, clock, 1_000),
            stops=Stops(None),
            settings=settings,
        )
    )
    terminal = LiveTerminal(Terminal(terminal_identity(), POS), POS, clock)
    city = _City(bank, terminal, ledger)
    is_ready = asyncio.Event()

    def ready(addresses: list[tuple[str, int]]) -> None:
        city.port = addresses[0][1]
        is_ready.set()

    task = asyncio.create_task(process.run(ready))
    try:
        async with asyncio.timeout(10):
            await is_ready.wait()
            await terminal.connect(HOST, city.port)
        await until(lambda: bank.is_connected)
        await asyncio.sleep(0.1)
        yield city
    finally:
        terminal.close()
        bank.close()
        process.end()
        await task
        await process.close()


async def test_a_withdrawal_goes_from_terminal_to_bank_and_back() -> None:
    async with _city() as city:
        assert await city.do(_WITHDRAWAL) == [
            (Kind.SIGN_ON, Verdict.APPROVED, "00"),
            (Kind.WITHDRAWAL, Verdict.APPROVED, "00"),
        ]
        assert city.terminal.terminal.memory.slips[0].amount_fen == 50_000
        assert city.bank.issuer.accounts.closing_fen == 450_000


async def test_a_silent_bank_leads_to_a_reversal() -> None:
    async with _city() as city:
        city.bank.issuer.temper = lambda heard: Temper(answers=0 if heard.mti == "0200" else 1)
        done = await city.do(_WITHDRAWAL, Job(kind=Kind.REVERSAL))
        assert done[1:] == [
            (Kind.WITHDRAWAL, Verdict.NO_ANSWER, "98"),
            (Kind.REVERSAL, Verdict.APPROVED, "00"),
        ]
        await until(lambda: not city.ledger.advices(), 10)
        assert city.bank.issuer.accounts.closing_fen == 500_000


async def test_a_late_answer_is_sent_when_it_is_due() -> None:
    async with _city() as city:
        city.bank.issuer.temper = lambda _: Temper(delay_ms=150)
        assert (await city.do(_WITHDRAWAL))[-1] == (Kind.WITHDRAWAL, Verdict.APPROVED, "00")


async def test_a_link_that_is_lost_comes_back_and_a_key_can_change() -> None:
    async with _city() as city:
        city.bank.hang_up()
        await until(lambda: not city.bank.is_connected)
        await until(lambda: city.bank.is_connected)
        await asyncio.sleep(0.2)
        city.bank.change_key("PIK", bytes(range(16)))
        city.bank.change_key("MAK", bytes(range(16, 32)))
        await asyncio.sleep(0.2)
        assert (await city.do(_WITHDRAWAL))[-1] == (Kind.WITHDRAWAL, Verdict.APPROVED, "00")


async def test_a_terminal_whose_line_is_lost_stops_waiting() -> None:
    async with _city() as city:
        city.bank.issuer.temper = lambda _: Temper(ignores=True)
        waiting = asyncio.create_task(city.do(_WITHDRAWAL))
        await until(lambda: not city.terminal.terminal.is_idle)
        await asyncio.sleep(0.1)
        city.terminal.close()
        assert (await waiting)[-1][:2] == (Kind.WITHDRAWAL, Verdict.LINE_LOST)
        assert not city.terminal.is_connected


async def test_books_are_written_as_json(tmp_path: Path) -> None:
    bank = IssuerServer(_issuer(), wires()[1], Clock())
    bank.save_books(tmp_path / "books.json")
    book = json.loads((tmp_path / "books.json").read_bytes())
    assert book["opening_fen"] == book["closing_fen"] == 500_000
    assert "1234567890" not in (tmp_path / "books.json").read_text()


@pytest.mark.parametrize("size", [1, 7, 1_000])
async def test_a_bank_reads_frames_in_pieces_of_any_size(size: int) -> None:
    bank = IssuerServer(_issuer(), wires()[1], Clock())
    reader, writer = await asyncio.open_connection(HOST, await bank.open(HOST, 0))
    frames = FRAMES["interbank-sign-on"] * 2
    for at in range(0, len(frames), size):
        writer.write(frames[at : at + size])
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        answers = [await _frame(reader) for _ in range(2)]
    assert [INTERBANK.hear(answer).mti for answer in answers] == ["0830", "0830"]
    writer.close()
    bank.close()


async def test_a_bank_hangs_up_on_what_is_no_frame_and_talks_over_the_newest_line() -> None:
    bank = IssuerServer(_issuer(), wires()[1], Clock())
    port = await bank.open(HOST, 0)
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(b"no frame at all")
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    older, old_writer = await asyncio.open_connection(HOST, port)
    newer, new_writer = await asyncio.open_connection(HOST, port)
    async with asyncio.timeout(5):
        assert await older.read() == b""
        new_writer.write(FRAMES["interbank-sign-on"])
        assert INTERBANK.hear(await _frame(newer)).mti == "0830"
    for each in (writer, old_writer, new_writer):
        each.close()
    bank.close()


async def test_nobody_listens() -> None:
    line = LiveTerminal(Terminal(terminal_identity(), POS), POS, Clock())
    bank = IssuerServer(_issuer(), wires()[1], Clock())
    port = await bank.open(HOST, 0)
    bank.close()
    with pytest.raises(ConnectionRefusedError):
        await line.connect(HOST, port)


def test_run_gives_back_what_its_coroutine_returned() -> None:
    async def answer() -> list[Result]:
        await asyncio.sleep(0)
        return []

    assert live.run(answer()) == []


async def _frame(reader: asyncio.StreamReader) -> bytes:
    """Return the next frame of an interbank connection, without its prefix of four digits."""
    return await reader.readexactly(int(await reader.readexactly(4)))


async def test_a_bank_with_two_lines_answers_over_both_and_a_third_takes_the_oldest() -> None:
    bank = IssuerServer(_issuer(), wires()[1], Clock(), lines=2)
    port = await bank.open(HOST, 0)
    lines = [await asyncio.open_connection(HOST, port) for _ in range(2)]
    for reader, writer in lines:
        writer.write(FRAMES["interbank-sign-on"])
        size = await asyncio.wait_for(reader.readexactly(4), 5)
        await reader.readexactly(int(size))
    third = await asyncio.open_connection(HOST, port)
    assert await asyncio.wait_for(lines[0][0].read(), 5) == b""
    lines[1][1].write(FRAMES["interbank-sign-on"])
    assert await asyncio.wait_for(lines[1][0].readexactly(4), 5)
    for _, writer in (*lines, third):
        writer.close()
    bank.close()
    await asyncio.sleep(0.01)


def test_a_line_that_is_replaced_before_it_was_made_is_closed() -> None:
    class Made(asyncio.Transport):
        is_shut = False

        def close(self) -> None:
            self.is_shut = True

    server = IssuerServer(Issuer(issuer_identity(), INTERBANK, Accounts()), INTERBANK, Clock())
    first, second = server._accept(), server._accept()
    made = Made(), Made()
    first.connection_made(made[0])
    second.connection_made(made[1])
    assert (made[0].is_shut, made[1].is_shut) == (True, False)


async def test_terminals_behind_a_concentrator_get_their_own_answers() -> None:
    async with _city() as city:
        shared, members = Concentrator(POS), []
        for number in (1, 2):
            terminal = Terminal(terminal_identity(number), POS)
            members.append(LiveTerminal(terminal, POS, Clock()))
            shared.add(members[-1])
        await shared.connect(HOST, city.port)
        async with asyncio.timeout(20):
            done = await asyncio.gather(*(each.do(_WITHDRAWAL) for each in members))
        for each, results in zip(members, done, strict=True):
            assert [r.verdict for r in results] == [Verdict.APPROVED] * 2
            assert [slip.terminal for slip in each.terminal.memory.slips] == [
                each.terminal.identity.id
            ]
        assert city.bank.issuer.accounts.closing_fen == 400_000
        members[0].close()  # it hangs up for itself only
        assert shared.is_connected
        shared.close()
        await until(lambda: not any(each.is_connected for each in members))
        assert not shared.is_connected
