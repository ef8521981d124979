"""Quotes and tables for people: nothing is cut off, in a narrow terminal neither."""

from __future__ import annotations

import pytest

from switch.cli.pricing.telling import Told, quote_drawn, tables_drawn
from switch.config.tariffs import packaged_tariffs
from tests.fees.tariffs import case


@pytest.mark.parametrize("width", ["60", "80", "160"])
def test_every_row_of_both_tables_is_drawn_whole(
    width: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    matrix = packaged_tariffs().matrix
    drawn = "".join(tables_drawn(matrix).split())
    for rule in (*matrix.cardholder, *matrix.interbank):
        assert rule.id in drawn
        assert rule.title[0].split()[0] in drawn
    assert "\N{HORIZONTAL ELLIPSIS}" not in drawn


def test_a_quote_names_its_case_and_both_rows() -> None:
    tariffs, asked = packaged_tariffs(), case(transaction="sale", institution="O")
    drawn = quote_drawn(Told(asked, 50_000, tariffs.quote(asked, 50_000), tariffs))
    cell = "sale 500.00, social, off_us, in, R, O, MCC 8011"
    told = f"{cell}, issuer 99910001, acquirer 99920002, 20140620"
    assert " ".join(drawn.split()).startswith(told)
    assert "C3  Purchases are free" in drawn
    assert "I5  Purchases: the national rates" in drawn
