"""Keys and rows of a transfer's legs (switch/core): where each is, and which is which.

A leg is on the bucket of its own card, and has the terminal, STAN and day of its transfer. The
first digit of its batch is a letter, which no terminal sends: A to J of a debit, K to T of a
credit.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from switch.core.operations import Row, TransactionKey

DEBIT, CREDIT = "_debit", "_credit"
"""How the kind of a leg ends; its beginning is the kind of its transfer."""
_FIRST: Final = {DEBIT: ord("A"), CREDIT: ord("K")}
_LEGS: Final = 2
_BUCKETS: Final = 1024


def bucket_of(card: bytes) -> int:
    """Return the bucket, 0-1023, of a card's keyed hash."""
    return (card[0] << 8 | card[1]) % _BUCKETS


def leg_key(parent: TransactionKey, leg: str, card: bytes) -> TransactionKey:
    """Return the key of a transfer's `DEBIT` or `CREDIT`, on the card with this keyed hash."""
    letter = chr(_FIRST[leg] + int(parent.batch[0]))
    batch = letter + parent.batch[1:]
    return replace(parent, bucket=bucket_of(card), card=card, batch=batch)


def is_transfer(row: Row) -> bool:
    """Tell whether this is a transfer, and not a leg of one."""
    return len(row.linked) == _LEGS


def is_credit(row: Row) -> bool:
    """Tell whether this is the credit of a transfer: what is open of it was never sent."""
    return len(row.linked) == 1 and row.record.kind.endswith(CREDIT)
