"""What every host of services says: slips in yuan, tags there and back, what it cannot read."""

from __future__ import annotations

import pytest

from simulators.services.host import tags_of, yuan


def test_an_amount_has_two_decimals() -> None:
    assert [yuan(fen) for fen in (0, 5, 12_034)] == ["0.00", "0.05", "120.34"]


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("SSS1003ORDP2006GZ1403", {"S1": "ORD", "P2": "GZ1403"}),
        ("SS", {}),
        ("NKS1003ORD", None),
        ("SSS1009ORD", None),
    ],
)
def test_tags_are_read_or_refused_as_a_whole(text: str, tags: dict[str, str] | None) -> None:
    assert tags_of(text) == tags
