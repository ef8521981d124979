"""What a switch is measured with (bench): its folder by mix, its issuer's host, and its terminals.

The plain mix has one line to the issuer and withdrawals that cost nothing; the full one has two
classes of line, an alternate, and a fee on every withdrawal. Both carry chip data (DE 55).
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from bench.folder import Wanted, write
from bench.switch.bank import Bank
from bench.switch.load import CARDS_EACH, Crowd
from simulators.accounts import Accounts
from simulators.cards import fictional_card
from simulators.installation import issuer_identity, wires
from simulators.issuer import Issuer
from switch.shell.clock import Clock

TERMINALS: Final = 50
MIXES: Final = ("plain", "full")
_PAID: Final = ("chongqing-2014", "national", "at-ceiling")
_BALANCE_FEN: Final = 100_000_000


class Village:
    """One issuer's host, and as many crowds of terminals as are asked for."""

    def __init__(self) -> None:
        """Open the host later."""
        self.clock = Clock()
        self.wires = wires()
        self._server: asyncio.Server | None = None
        self._port = 0

    async def open(self) -> None:
        """Have the issuer's host listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._bank, "127.0.0.1", 0)
        self._port = int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Have it listen no more."""
        if self._server is not None:
            self._server.close()

    def write(self, folder: Path, mix: str, terminals: int = TERMINALS) -> None:
        """Write the folder of a switch of this mix."""
        is_full = mix == "full"
        wanted = Wanted(
            terminals=terminals,
            issuer_port=self._port,
            alternate_port=self._port if is_full else 0,
            tariffs=_PAID if is_full else (),
        )
        write(folder, wanted)

    async def crowd(self, port: int, terminals: range) -> Crowd:
        """Return terminals that are connected to a port."""
        crowd = Crowd(self.wires[0], self.clock)
        await crowd.connect(port, terminals)
        return crowd

    def _bank(self) -> Bank:
        accounts = Accounts()
        for number in range(TERMINALS * CARDS_EACH):
            accounts.open(fictional_card(number), _BALANCE_FEN)
        wire = self.wires[1]
        return Bank(Issuer(issuer_identity(), wire, accounts), wire, self.clock)


def stock(crowd: Crowd, count: float) -> None:
    """Have so many requests ready, over all terminals."""
    for line in crowd.lines:
        line.stock(int(count / len(crowd.lines)))
