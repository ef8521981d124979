"""A batch says whether it is balanced by both of its halves."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from switch.core.batches.values import BALANCED, ERROR, UNBALANCED, Batch
from tests.switch.ledger.making import settling


@pytest.mark.parametrize(
    ("results", "is_balanced"),
    [
        ((BALANCED, BALANCED), True),
        ((BALANCED, UNBALANCED), False),
        ((ERROR, BALANCED), False),
        ((0, 0), False),
    ],
)
def test_a_batch_is_balanced_in_both_halves_or_not_at_all(
    results: tuple[int, int], *, is_balanced: bool
) -> None:
    batch = replace(settling(1).batch, results=results)
    assert batch.is_balanced is is_balanced
    assert batch.key == ("50010001", "000001")


def test_a_batch_comes_back_from_its_bytes() -> None:
    batch = settling(1).batch
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(batch), type=Batch) == batch
