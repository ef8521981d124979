"""The slow computation by examples of its own; tests/fees holds the quick one against it."""

from __future__ import annotations

import pytest

from simulators.checkers.books import slow_fees

_CASE = {
    "transaction": "withdrawal", "card": "social", "side": "off_us", "city": "in", "channel": "R",
    "institution": "O", "category": "8011",
}  # fmt: skip
_BANK = {
    "as_issuer": {"withdrawal_off_us": {"rate_ppm": 9_000}},
    "as_acquirer": {"withdrawal_off_us": {"fixed_fen": 30}},
}


@pytest.mark.parametrize(
    ("fen", "day", "fee_fen"),
    [(50_000, 20140909, 400), (50_000, 20140910, 250), (1_000, 20140909, 100), (10**6, 1, 2_000)],
)
def test_the_farm_workers_ceiling(fen: int, day: int, fee_fen: int) -> None:
    assert slow_fees.farm_worker_fee(fen, day) == fee_fen


def test_what_is_over_the_ceiling_is_taken_off_the_acquirer_first() -> None:
    banks = {"issuer": _BANK, "acquirer": _BANK}
    assert slow_fees.cardholder(_CASE, 50_000, 20140910, banks) == [
        ("cardholder", "issuer", 250),
        ("cardholder", "acquirer", 0),
    ]


@pytest.mark.parametrize(
    ("day", "legs"),
    [
        (20140618, [("acquirer", "issuer", 275), ("acquirer", "network", 40)]),
        (20160906, [("acquirer", "issuer", 175), ("acquirer", "network", 16)]),
    ],
)
def test_a_purchase_goes_by_the_national_prices_of_its_day(
    day: int, legs: list[tuple[str, str, int]]
) -> None:
    assert slow_fees.purchase(_CASE, 50_000, day, 0)[:2] == legs


def test_halves_are_rounded_up() -> None:
    assert slow_fees.price({"rate_ppm": 5_000}, 100) == 1
    assert slow_fees.price({"rate_ppm": 4_999}, 100) == 0
