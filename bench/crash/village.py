"""The load of the crash test (bench): terminals that withdraw without a pause, and their bank.

Both live on while switches are killed: terminals keep what a battery would, the bank its books.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Final

from simulators.accounts import Accounts
from simulators.cards import Card, fictional_card
from simulators.installation import issuer_identity, terminal_identity, wires
from simulators.issuer import CALM, Issuer, Temper
from simulators.live import IssuerServer, LiveTerminal
from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Kind, Slip
from simulators.wire import Heard
from switch.shell.clock import Clock

CARDS: Final = 600
_BUSY_CARDS: Final = 20
"""Cards that are used so often that they meet their cap."""
_BALANCE_FEN: Final = 10**10
_SILENT, _BUSY = 0.02, 0.1
_SLOWEST_MS: Final = 25
_AGAIN_S: Final = 0.02
_YUAN_FEN: Final = 100

Ports = Callable[[], list[int]]
"""Returns the ports of the switches that take terminals now."""


class Village:
    """Terminals and a bank; `requests` counts what the bank got."""

    def __init__(self, terminals: int, seed: int, lines: int = 1) -> None:
        """Begin with everything idle; the bank has so many lines."""
        self.requests = 0
        self._ports: Ports = list
        self._chance = random.Random(f"{seed}/village")
        self._clock = Clock()
        wire, issuer_wire = wires()
        self.accounts = Accounts()
        self._cards = [fictional_card(number) for number in range(CARDS)]
        for card in self._cards:
            self.accounts.open(card, _BALANCE_FEN)
        bank = Issuer(issuer_identity(), issuer_wire, self.accounts)
        bank.temper = self._temper
        self._bank = IssuerServer(bank, issuer_wire, self._clock, lines)
        self._terminals = [
            LiveTerminal(Terminal(terminal_identity(number), wire), wire, self._clock)
            for number in range(terminals)
        ]
        self._tasks: list[asyncio.Task[None]] = []
        self._is_ending = False

    async def open_bank(self) -> int:
        """Let the bank listen; return its port."""
        return await self._bank.open("127.0.0.1", 0)

    def begin(self, ports: Ports) -> None:
        """Let every terminal withdraw until `finish`; `ports` is asked at each connection."""
        self._ports = ports
        self._tasks = [asyncio.create_task(self._trade(each)) for each in self._terminals]

    async def finish(self, limit_s: float) -> None:
        """Let every terminal end what it has begun and send what it owes. TimeoutError."""
        self._is_ending = True
        async with asyncio.timeout(limit_s):
            await asyncio.gather(*self._tasks)

    def close(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        for terminal in self._terminals:
            terminal.close()
        self._bank.close()

    @property
    def slips(self) -> list[Slip]:
        """What was answered as approved and believed: cash was paid."""
        return [slip for each in self._terminals for slip in each.terminal.memory.slips]

    @property
    def owed(self) -> int:
        """Withdrawals whose reversal no terminal has brought to an end."""
        memories = [each.terminal.memory for each in self._terminals]
        return sum(len(memory.owed) + len(memory.unresolved) for memory in memories)

    async def _trade(self, terminal: LiveTerminal) -> None:
        memory = terminal.terminal.memory
        while not self._is_ending or memory.owed:
            ports = self._ports()
            if not terminal.is_connected and not (
                ports and await _connected(terminal, self._chance.choice(ports))
            ):
                await asyncio.sleep(_AGAIN_S)
                continue
            await terminal.do(Job(kind=Kind.REVERSAL) if self._is_ending else self._job())

    def _job(self) -> Job:
        amount_fen = self._chance.randrange(1, 6) * 10 * _YUAN_FEN
        return Job(kind=Kind.WITHDRAWAL, card=self._card(), amount_fen=amount_fen)

    def _card(self) -> Card:
        most = _BUSY_CARDS if self._chance.random() < _BUSY else CARDS
        return self._cards[self._chance.randrange(most)]

    def _temper(self, heard: Heard) -> Temper:
        if heard.mti != "0200":
            return CALM
        self.requests += 1
        delay_ms = self._chance.randrange(_SLOWEST_MS)
        return Temper(delay_ms=delay_ms, answers=self._chance.random() >= _SILENT)


async def _connected(terminal: LiveTerminal, port: int) -> bool:
    try:
        await terminal.connect("127.0.0.1", port)
    except (OSError, TimeoutError):
        return False
    return terminal.is_connected
