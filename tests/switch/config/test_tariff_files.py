"""The models of tariff files."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from fees.tariff import ACQUIRER_PRICES, FREE, ISSUER_PRICES
from switch.config.tariff_files import (
    PRICE_NAMES,
    AcquirerPrices,
    BankEntry,
    IssuerPrices,
    Selector,
    StepEntry,
    price_of,
)


def test_the_files_and_the_rules_know_the_same_prices() -> None:
    assert set(IssuerPrices.model_fields) == {*ISSUER_PRICES, "standard"}
    assert set(AcquirerPrices.model_fields) == set(ACQUIRER_PRICES)
    assert "issuer.standard" in PRICE_NAMES
    assert "acquirer.standard" not in PRICE_NAMES


@pytest.mark.parametrize("entry", ["free", {}, {"fixed_fen": 0}, [{}]])
def test_free_is_one_price_however_it_is_written(entry: object) -> None:
    prices = IssuerPrices.model_validate({"payment": entry})
    assert price_of(prices.payment or []) is FREE


def test_a_single_table_is_a_price_of_one_step() -> None:
    prices = IssuerPrices.model_validate({"payment": {"rate_ppm": 5}})
    assert prices.payment == [StepEntry(rate_ppm=5)]


@pytest.mark.parametrize(
    "entry",
    ["gratis", {"rate_ppm": 1_000_001}, {"fixed_fen": -1}, {"fee": 1}, [], {"fixed_fen": 1.5}],
)
def test_what_is_no_price_is_refused(entry: object) -> None:
    with pytest.raises(ValidationError):
        IssuerPrices.model_validate({"payment": entry})


def test_a_selector_names_the_values_there_are() -> None:
    with pytest.raises(ValidationError, match="should be some of R, U, M"):
        Selector.model_validate({"channel": ["X"]})
    with pytest.raises(ValidationError, match="should be some of"):
        Selector.model_validate({"channel": []})


def test_a_discount_is_a_share_of_the_whole() -> None:
    with pytest.raises(ValidationError, match="less than or equal to 100"):
        BankEntry.model_validate({"id": "9991", "discount_percent": {"R": 101}})
