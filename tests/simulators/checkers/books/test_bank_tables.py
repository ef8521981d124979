"""What banks take: the tariff that the switch gets and the numbers of the checker agree."""

from __future__ import annotations

import pytest

from simulators.checkers.books import slow_fees
from simulators.checkers.books.bank_tables import BankTable
from tests.fees.tariffs import case


@pytest.mark.parametrize("table", BankTable)
@pytest.mark.parametrize("day", [20140618, 20140910, 20160228])
def test_the_numbers_of_a_day_are_those_of_the_tariff(table: BankTable, day: int) -> None:
    numbers = table.numbers(day)
    for kind, name in (("withdrawal", "withdrawal_off_us"), ("payment", "payment")):
        issuer = slow_fees.price(numbers["as_issuer"][name], 123_400)
        acquirer = slow_fees.price(numbers["as_acquirer"][name], 123_400)
        asked = case(transaction=kind, day=day)
        assert table.tariffs.quote(asked, 123_400).cardholder_fen == issuer + acquirer


def test_only_the_last_charges_payments() -> None:
    asked = case(transaction="payment", day=20140618)
    paid = {table: table.tariffs.quote(asked, 100_000).cardholder_fen for table in BankTable}
    assert paid == {BankTable.FREE: 0, BankTable.CEILING: 0, BankTable.CHARGING: 180 + 33}


def test_a_tariff_is_made_once() -> None:
    assert BankTable.CHARGING.tariffs is BankTable.CHARGING.tariffs
