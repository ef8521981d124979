"""A town for scenarios: a fresh `jinbao init` folder, its switch as a process, a bank beside it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any, Final

from bench.serving import READY_S, Watched, until
from messages.crypto.keys import Mak, Pik
from messages.framing import Deframer
from simulators import live
from simulators.accounts import Accounts
from simulators.cards import fictional_card
from simulators.installation import issuer_identity, wires
from simulators.issuer import CALM, Issuer, Temper
from simulators.live import IssuerServer
from simulators.network.path import Network
from simulators.network.relay import Relay
from simulators.products.host import ProductHost
from simulators.social_security.host import SocialHost
from simulators.wire import Heard
from switch.cli.books.stores import reading
from switch.config.installation import TEST_MAKS, TEST_PIK, load
from switch.config.networks import load_profile
from switch.core.moment import Moment
from switch.core.operations import Row
from switch.ledger.embedded.books import SqliteBooks
from switch.ledger.protocol import CapShown
from switch.shell.clock import Clock
from tests import golden
from tests.switch.cli.running import run
from tests.switch.config import folders

FRAMES: Final = {m["name"]: bytes.fromhex(m["frame"]) for m in golden.load("messages")["messages"]}
"""The worked examples."""
WIRE, LINK_WIRE = wires()
PIK, MAK = Pik.from_hex(TEST_PIK), Mak.from_hex(TEST_MAKS[8])
BALANCE_FEN: Final = 1_000_000
_PATIENCE_S: Final = 60.0
_LINKS: Final = (9583, 9584)
"""The ports that the defaults have for the issuer of the test cards."""
_SELLS: Final = (
    '# transactions = ["rural_withdrawal", "social_balance_inquiry"]',
    'transactions = ["product_inquiry", "bond_purchase", "remote_purchase", "social_void"]',
)
_TIMERS: Final = (
    "[timers]\nanswer_ms = 20000\nissuer_ms = 10000\nsocial_ms = 1500\nsign_on_ms = 500\n"
    "advice_retry_ms = [200, 500, 1000]\n"
)


class Bank:
    """The issuer of the cards: a host for each of its links, one set of accounts.

    It keeps what it was sent; `temper` is how its hosts treat a request.
    """

    def __init__(self) -> None:
        self.accounts = Accounts()
        for number in range(4):
            self.accounts.open(fictional_card(number), BALANCE_FEN)
        self.frames: list[bytes] = []
        self.temper: Callable[[Heard], Temper] = lambda _: CALM
        self.hosts = [_Host(self) for _ in _LINKS]

    def treat(self, heard: Heard) -> Temper:
        """Return how a request is treated, by the temper of the moment."""
        return self.temper(heard)

    def heard(self, mti: str) -> list[Heard]:
        """Return the messages of this type that came so far."""
        return [each for each in map(LINK_WIRE.hear, self.frames) if each.mti == mti]


class _Host(Issuer):
    def __init__(self, bank: Bank) -> None:
        super().__init__(issuer_identity(), LINK_WIRE, bank.accounts)
        self.temper = bank.treat
        self._frames = bank.frames

    def received(self, frame: bytes, at: Moment) -> list[bytes]:
        self._frames.append(frame)
        return super().received(frame, at)


class Town:
    """The folder, the bank, and the switch that runs at the moment."""

    def __init__(self, folder: Path, bank: Bank) -> None:
        self.folder = folder
        self.bank = bank
        self.relays: list[Relay] = []
        self.host: SocialHost | ProductHost | None = None
        self.url = ""
        """Of its ledger on PostgreSQL; empty for the file."""
        self.switch: Watched
        self.port = 0

    async def start(self, business_date: str, *command: str) -> None:
        """Start the switch and wait until its link is signed on."""
        ports, log = self.folder / "ports", self.folder / "output.log"
        ports.unlink(missing_ok=True)
        begins_at = log.stat().st_size if log.exists() else 0
        options = ("-c", str(self.folder), "--port-file", str(ports))
        self.switch = Watched(
            [*(command or ("-m", "switch")), "serve", *options, "--business-date", business_date],
            log,
        )

        def is_up() -> bool:
            assert self.switch.status is None, log.read_text("utf-8")
            ready = log.read_bytes()[begins_at:].count(b'"link_ready"')
            return ports.exists() and ready == len(_LINKS) + (self.host is not None)

        await until(is_up, READY_S)
        self.port = int(ports.read_text("ascii").split()[0])

    def log(self, event: str) -> list[dict[str, Any]]:
        """Return the log lines of one kind."""
        lines = (self.folder / "output.log").read_bytes().splitlines()
        found = (json.loads(line) for line in lines if line.startswith(b"{"))
        return [line for line in found if line["event"] == event]

    async def ended(self) -> int | None:
        """Wait until the switch has ended by itself; return its status."""
        await until(lambda: self.switch.status is not None, _PATIENCE_S)
        return self.switch.status

    async def rows(self, is_so: Callable[[list[Row]], bool]) -> list[Row]:
        """Return all transactions once they are so; the tables follow by a second."""
        found: list[Row] = []

        def are_so() -> bool:
            with reading(load(self.folder)) as books:
                found[:] = books.transactions(1_000)
            return is_so(found)

        await until(are_so, _PATIENCE_S)
        assert is_so(found), [(row.key.stan, row.state.name) for row in found]
        return found

    def caps(self, card: bytes) -> list[CapShown]:
        """Return the days of a card, as far as the tables have them."""
        with closing(SqliteBooks(load(self.folder).ledger)) as books:
            return books.caps(card)


class Caller:
    """A plain socket of a terminal."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._deframer = Deframer(WIRE.framing)
        self._frames: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send bytes as one segment, as far as that is ours to say."""
        self._writer.write(data)

    async def flush(self) -> None:
        """Wait until what was written has left."""
        await self._writer.drain()

    async def hear(self) -> Heard:
        """Return the next answer; EOFError where the switch hung up."""
        async with asyncio.timeout(_PATIENCE_S):
            while not self._frames:
                chunk = await self._reader.read(65_536)
                if not chunk:
                    raise EOFError
                self._frames += self._deframer.feed(chunk)
        return WIRE.hear(self._frames.pop(0))

    async def ask(self, frame: bytes) -> Heard:
        """Send a frame and return the next answer."""
        self.write(frame)
        return await self.hear()

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def call(town: Town) -> Caller:
    """Connect to the switch of a town."""
    return Caller(*await asyncio.open_connection("127.0.0.1", town.port))


@asynccontextmanager
async def town(
    folder: Path,
    business_date: str,
    *command: str,
    networks: tuple[str, ...] = (),
    host: SocialHost | ProductHost | None = None,
    url: str = "",
) -> AsyncIterator[Town]:
    """Found a town whose bank and switch run; whatever happens, both end.

    `networks` are the profiles of what lies between the switch and each of the bank's hosts. With a
    `host` there is one of social security too, or one of products, which the clinic may sell then;
    `url` is that of a ledger on PostgreSQL.
    """
    bank = Bank()
    relays: list[Relay] = []
    servers = [IssuerServer(host, LINK_WIRE, Clock()) for host in bank.hosts]
    assert run("init", str(folder)).status == 0
    folders.change(folder, "jinbao", "[timers] # milliseconds\n", _TIMERS)
    for server, port in zip(servers, _LINKS, strict=True):
        taken = await server.open("127.0.0.1", 0)
        if networks:
            network = Network(load_profile(networks[len(relays)]), "town")
            relays.append(Relay(network, ("127.0.0.1", taken)))
            taken = await relays[-1].open("127.0.0.1", 0)
        folders.change(folder, "banks", f"127.0.0.1:{port}", f"127.0.0.1:{taken}")
    if host is not None:
        port = 9589 if isinstance(host, ProductHost) else 9588
        servers.append(IssuerServer(host, LINK_WIRE, Clock()))
        taken = await servers[-1].open("127.0.0.1", 0)
        folders.change(folder, "banks", f"127.0.0.1:{port}", f"127.0.0.1:{taken}")
    if isinstance(host, ProductHost):
        folders.change(folder, "terminals", *_SELLS)
    folders.away(folder)
    if url:
        folders.change(folder, "jinbao", "[ledger]\n", f'[ledger]\nurl = "{url}"\n')
        folders.change(folder, "jinbao", "[timers]\n", "[timers]\nlease_ms = 2000\n")
    founded = Town(folder, bank)
    founded.relays, founded.host, founded.url = relays, host, url
    try:
        await founded.start(business_date, *command)
        yield founded
    finally:
        with suppress(AttributeError):  # it never began
            founded.switch.kill()
        for relay in relays:
            await relay.close()
        for server in servers:
            server.close()


def play(scenario: Coroutine[Any, Any, None]) -> None:
    """Run a scenario."""
    live.run(scenario)
