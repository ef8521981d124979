"""Where the crash test happens (bench): an installation on disk, its switch, its ledger.

Another ledger, or several processes on one, is another `Site`; the rest does not change.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Final, Protocol

from bench.folder import Wanted, write
from bench.serving import Switch
from switch.config.installation import load
from switch.ledger.embedded.books import SqliteBooks
from switch.ledger.protocol import Books

LIMIT_FEN: Final = 200_000
"""The cap of a card and day."""
TIMERS: Final[dict[str, int | list[int]]] = {
    "answer_ms": 4_000,
    "issuer_ms": 1_500,
    "advice_retry_ms": [200, 500, 1_000],
    "sign_on_ms": 500,
    "lease_ms": 2_000,
}
"""Short, so that what is in doubt is settled soon."""


class Site(Protocol):
    """What the trial asks of an installation."""

    processes: int
    """How many switches share the ledger."""

    def start(self, number: int) -> Switch:
        """Start switch `number`, from 0; it is not ready yet."""

    def books(self) -> AbstractContextManager[Books]:
        """Open the ledger's tables for reading, while switches run or not."""


class EmbeddedSite:
    """One switch on an embedded ledger."""

    processes = 1

    def __init__(self, folder: Path, terminals: int, issuer_port: int) -> None:
        """Write the installation into an empty folder."""
        self._folder = folder
        wanted = Wanted(
            terminals=terminals, issuer_port=issuer_port, limit_fen=LIMIT_FEN, timers=TIMERS
        )
        write(folder, wanted)

    def start(self, number: int) -> Switch:
        """Start the switch; there is only number 0."""
        if number:
            raise ValueError("an embedded ledger has one switch")
        return Switch(self._folder)

    def books(self) -> AbstractContextManager[Books]:
        """Open the tables for reading."""
        return closing(SqliteBooks(load(self._folder).ledger))
