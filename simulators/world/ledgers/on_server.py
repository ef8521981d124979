"""A world's ledger on PostgreSQL (simulators/world): each switch has connections of its own.

What a switch submits is carried out at one moment of virtual time, so the two take turns; what the
database adds is its own: locks, rows as it stores them, the order in which it finds things. A
process that dies takes its connections with it.
"""

from __future__ import annotations

from simulators.world.ledgers.kept import Opened
from switch.ledger.postgres import PostgresLedger


class OnServer(Opened):
    """One switch's way to a ledger that others use too. Everything may raise LedgerFailed."""

    def __init__(self, url: str) -> None:
        """Connect when a process starts; the tables are there and empty."""
        self._url = url
        self._ledger: PostgresLedger | None = None

    @property
    def ledger(self) -> PostgresLedger:
        """The ledger over the connections of the process that runs."""
        if self._ledger is None:
            self._ledger = PostgresLedger(self._url)
        return self._ledger

    def open(self) -> None:
        """Let a new process connect."""
        self.close()

    def die(self, is_power_cut: bool) -> None:  # noqa: ARG002, FBT001 - as `Kept`
        """Lose the process and its connections; the server lives on."""
        self.close()

    def close(self) -> None:
        """Disconnect."""
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None
