"""What to do, in the imperative: all that the engine ever asks of the shell.

The shell carries effects out in order. Ledger operations of one loop turn go into one batch.
"""

from __future__ import annotations

import msgspec

from switch.core.operations import (
    Operation,
)


class SendToTerminal(msgspec.Struct, frozen=True, gc=False):
    """Write a whole frame, prefix included, to a terminal's connection if it still stands."""

    connection: int
    frame: bytes

    def __repr__(self) -> str:
        return f"SendToTerminal({self.connection}, {len(self.frame)} bytes)"


class SendToLink(msgspec.Struct, frozen=True, gc=False):
    """Write a whole frame, prefix included, to an issuer link."""

    link: str
    frame: bytes

    def __repr__(self) -> str:
        return f"SendToLink({self.link!r}, {len(self.frame)} bytes)"


class Submit(msgspec.Struct, frozen=True, gc=False):
    """Have the ledger decide; the answer is `LedgerAnswered` with the same ticket."""

    ticket: int
    operation: Operation


class DrawKeys(msgspec.Struct, frozen=True, gc=False):
    """Draw random bytes for working keys; the answer is `KeysDrawn` with the same ticket."""

    ticket: int
    mak_bytes: int


class CloseTerminal(msgspec.Struct, frozen=True, gc=False):
    """Close a terminal's connection, for the reason given."""

    connection: int
    reason: str


class CloseLink(msgspec.Struct, frozen=True, gc=False):
    """Close an issuer link, for the reason given; the shell connects again later."""

    link: str
    reason: str


class Report(msgspec.Struct, frozen=True, gc=False):
    """Something worth a log line; `facts` hold no card data but masked."""

    event: str
    facts: dict[str, object]


Effect = SendToTerminal | SendToLink | Submit | DrawKeys | CloseTerminal | CloseLink | Report
