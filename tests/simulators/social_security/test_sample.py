"""Test persons: who knows a card knows its person, bills and benefits."""

from __future__ import annotations

from simulators.cards import fictional_card
from simulators.social_security.books import Purpose
from simulators.social_security.sample import (
    PENSION,
    SUBSIDY,
    contribution,
    payment,
    person_of,
    sample_books,
    treatment,
)


def test_every_card_has_its_person() -> None:
    books = sample_books(range(3, 6))
    assert [books.persons[person_of(card).number].pan for card in range(3, 6)] == [
        fictional_card(card).pan for card in range(3, 6)
    ]


def test_a_person_has_a_contribution_two_treatments_and_two_benefits() -> None:
    books = sample_books(range(1))
    assert books.dues[contribution(0)].card_fen == 12_000
    assert books.dues[contribution(0)].service is Purpose.CONTRIBUTION
    assert books.dues[treatment(0)].card_fen == 6_000
    assert books.dues[treatment(0, 2)].card_fen == 0
    assert {each.fund for each in books.benefits.values()} == {PENSION, SUBSIDY}


def test_payment_numbers_have_twelve_digits_and_are_all_different() -> None:
    numbers = {payment(card, fund) for card in range(9) for fund in (PENSION, SUBSIDY)}
    assert len(numbers) == 18
    assert all(len(number) == 12 and number.isdecimal() for number in numbers)
