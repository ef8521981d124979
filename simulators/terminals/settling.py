"""A terminal's own totals and details (simulators): what it says when it settles its batch.

A terminal keeps no card number: in DE 48 the digits that a slip does not show are zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from simulators.terminal_memory import Job, Kind, Memory, Slip

DEBITS: Final = frozenset(
    {Kind.WITHDRAWAL, Kind.SALE, Kind.PAYMENT, Kind.COMPLETION, Kind.COMPLETION_ADVICE}
    | {Kind.CONTRIBUTION, Kind.MEDICAL, Kind.TRANSFER, Kind.REMITTANCE}
    | {Kind.BOND, Kind.WEALTH, Kind.REMOTE_PURCHASE}
)
CREDITS: Final = frozenset({Kind.VOID, Kind.REFUND, Kind.COMPLETION_VOID})
"""What counts on either side of a terminal's totals; a voided sale counts on both.

A transfer is a debit of its payer, and counts once: its legs are no matter of the terminal.
"""
SETTLING: Final = frozenset({Kind.SETTLEMENT, Kind.UPLOAD, Kind.BATCH_END})
"""The steps of a settlement: totals, then details where they differ, then the end."""
_AT_ONCE: Final = 8
_NO_FOREIGN: Final = "0" * 31
_RESULTS: Final = (30, 61)
"""Where the results are in DE 48."""
_BALANCED: Final = "11"


def counted(memory: Memory) -> list[Slip]:
    """Return the slips of the open batch that count."""
    batch = f"{memory.batch:06d}"
    return [each for each in memory.slips if each.batch == batch and each.kind in DEBITS | CREDITS]


def totals(slips: Sequence[Slip]) -> str:
    """Return DE 48 of a 0500: all cards here are domestic ones."""
    debits = [slip.amount_fen for slip in slips if slip.kind in DEBITS]
    credits_ = [slip.amount_fen for slip in slips if slip.kind in CREDITS]
    sides = (f"{sum(side):012d}{len(side):03d}" for side in (debits, credits_))
    return "".join(sides) + "0" + _NO_FOREIGN


def results(content: str) -> str:
    """Return the two results of a 0510: 1 balanced, 2 not balanced, 3 error."""
    return "".join(content[at : at + 1] for at in _RESULTS)


def is_balanced(content: str) -> bool:
    """Tell whether both card classes are balanced."""
    return results(content) == _BALANCED


def after(content: str, slips: Sequence[Slip]) -> list[Job]:
    """Return what follows the answer to a settlement: details where needed, and the end."""
    pages = [] if is_balanced(content) else [*range(0, len(slips), _AT_ONCE)]
    uploads = [Job(kind=Kind.UPLOAD, content=_page(slips[at : at + _AT_ONCE])) for at in pages]
    sent = len(slips) if pages else 0
    return [*uploads, Job(kind=Kind.BATCH_END, content=f"{sent:04d}")]


def _page(slips: Sequence[Slip]) -> str:
    return f"{len(slips):02d}" + "".join(
        f"00{slip.stan}{slip.shown_card.replace('*', '0'):0>20}{slip.amount_fen:012d}"
        for slip in slips
    )
