"""A terminal's batch as the ledger keeps it once it was settled, and what is asked of it.

The terminal says sums of each card class (DE 48 of a 0500), the ledger counts its own; where they
differ, the terminal uploads every detail (0320). Amounts in fen; nothing here holds card data.
"""

from __future__ import annotations

from typing import Final

import msgspec

BALANCED, UNBALANCED, ERROR = 1, 2, 3
"""对账应答码, the result in each half of DE 48."""
MOST_DETAILS: Final = 4_000
"""Details of a batch that are kept: DE 48 counts to 999 in each of its four sums."""
NOT_TOLD: Final = -1


class Sums(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One card class of a batch: what was debited and what was credited."""

    debit_fen: int = 0
    debit_count: int = 0
    credit_fen: int = 0
    credit_count: int = 0


class Detail(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """A transaction as the terminal uploaded it.

    `kind` is DE 60.3: 201 a detail, 203 a TC, 204 a failed IC transaction, 205 a failed ARPC.
    """

    kind: str
    stan: str
    amount_fen: int
    is_foreign: bool = False
    shown_card: str = ""


class Counting(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How transactions count: kinds that debit a card, kinds that credit one, foreign prefixes."""

    debits: tuple[str, ...]
    credits: tuple[str, ...]
    foreign: tuple[str, ...] = ()


class Batch(msgspec.Struct, kw_only=True, frozen=True, array_like=True, gc=False):
    """A batch that its terminal settled. Pairs are domestic and foreign cards (内卡, 外卡).

    `day` is the clearing day of its settlement, `told` the count of the batch end (207).
    """

    terminal: str
    number: str
    merchant: str
    acquirer: str
    day: int
    settled_ms: int
    claimed: tuple[Sums, Sums]
    counted: tuple[Sums, Sums]
    results: tuple[int, int]
    is_ended: bool = False
    details: tuple[Detail, ...] = ()
    told: int = NOT_TOLD

    @property
    def is_balanced(self) -> bool:
        """Whether terminal and ledger agreed in both halves."""
        return self.results == (BALANCED, BALANCED)

    @property
    def key(self) -> tuple[str, str]:
        """Its terminal and its number."""
        return self.terminal, self.number


class SettleBatch(msgspec.Struct, frozen=True, gc=False):
    """A terminal's totals (0500) against the ledger's own; balanced, the batch ends.

    `batch` has the terminal's side and no count of ours. Done: BatchIs. Refused: BatchUnknown.
    """

    attempt: int
    batch: Batch
    counting: Counting


class AddDetails(msgspec.Struct, frozen=True, gc=False):
    """Details of a batch (0320); one that is there already is not there twice.

    Done: BatchIs. Refused: BatchUnknown, where it was never settled or would have too many.
    """

    attempt: int
    terminal: str
    number: str
    details: tuple[Detail, ...]


class EndBatch(msgspec.Struct, frozen=True, gc=False):
    """The end of an upload (0320/207) with the count of all details: the batch ends.

    Done: BatchIs. Refused: BatchUnknown.
    """

    attempt: int
    terminal: str
    number: str
    count: int


class BatchIs(msgspec.Struct, frozen=True, gc=False):
    """The batch as it is now."""

    batch: Batch


class BatchUnknown(msgspec.Struct, frozen=True, gc=False):
    """It is not the terminal's batch, or nothing of it was settled yet."""
