"""The frozen snapshot: which card, which cap, and that it shows no key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from switch.core.configuration import Cap, CardRange
from tests.switch.core.stage import MAK, PAN, configuration

_EMPTY = configuration(card_ranges=())


@pytest.mark.parametrize(
    ("day", "limit_fen"),
    [
        (20101231, None),
        (20110101, 100_000),
        (20140909, 100_000),
        (20140910, 200_000),
        (20991231, 200_000),
    ],
)
def test_the_cap_in_force_is_the_last_that_has_begun(day: int, limit_fen: int | None) -> None:
    cap = configuration().cap_on(day)
    assert (cap.limit_fen if isinstance(cap, Cap) else cap) == limit_fen


def test_a_card_belongs_to_the_first_range_of_its_length_that_fits() -> None:
    whole = CardRange(prefix="621999", length=19, issuer="A", is_social=True, is_debit=True)
    part = CardRange(prefix="62199912", length=19, issuer="B", is_social=True, is_debit=True)
    short = CardRange(prefix="621999", length=16, issuer="C", is_social=True, is_debit=True)
    found = configuration(card_ranges=(short, part, whole)).card_range(PAN)
    assert found is part
    assert configuration(card_ranges=(short,)).card_range(PAN) is None


_RANGES = st.builds(
    CardRange,
    prefix=st.text("12", min_size=1, max_size=3),
    length=st.sampled_from((4, 5)),
    issuer=st.sampled_from("ABC"),
    is_social=st.booleans(),
    is_debit=st.just(value=True),
)


@given(st.lists(_RANGES, max_size=8), st.text("123", max_size=6))
def test_of_any_ranges_the_first_in_their_order_counts(ranges: list[CardRange], pan: str) -> None:
    fitting = (r for r in ranges if r.length == len(pan) and pan.startswith(r.prefix))
    assert _EMPTY.card_range(pan) is None
    assert replace(_EMPTY, card_ranges=tuple(ranges)).card_range(pan) is next(fitting, None)


def test_a_snapshot_shows_no_key() -> None:
    shown = repr(configuration())
    for key in ("0123456789ABCDEF", MAK, "54687A8C", "6B2D4F91"):
        assert key.lower() not in shown.lower()
