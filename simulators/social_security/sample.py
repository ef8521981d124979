"""Test persons (simulators): one to each fictional card, with bills and benefits, all invented.

Whoever knows the number of a card knows its person's numbers, so that verbs need no data file.
"""

from __future__ import annotations

from typing import Final

from simulators import installation
from simulators.cards import fictional_card
from simulators.installation import SOCIAL_HOST, SOCIAL_LINK
from simulators.issuer import IssuerIdentity
from simulators.social_security.books import Benefit, Books, Due, Person, Purpose

HOST: Final = SOCIAL_HOST
"""The host's institution number."""
LINK: Final = SOCIAL_LINK
"""The name of the line to it."""
PENSION, SUBSIDY = "1001", "2001"
"""Fund codes: a pension, and a fiscal subsidy."""
_YEAR: Final = "202601-202612"


def host_identity() -> IssuerIdentity:
    """Return what the host is set up with."""
    return installation.host_identity(HOST)


def person_of(card: int) -> Person:
    """Return the person of a fictional card, by its number."""
    return Person(
        identity=f"99010119700101{card % 10_000:04d}",
        number=f"9{card:09d}",
        name=f"测试人{card}",
        pan=fictional_card(card).pan,
        insurance="342" if card % 2 else "310",
        account_fen=50_000,
    )


def contribution(card: int) -> str:
    """Return the number of a person's contribution bill."""
    return f"C{card:09d}2026"


def treatment(card: int, visit: int = 1) -> str:
    """Return the number of a person's medical bill; of the second visit nothing is left to pay."""
    return f"M{card:09d}{visit:04d}"


def payment(card: int, fund: str = PENSION) -> str:
    """Return the payment number of a person's benefit of the month."""
    return f"{fund}{card:08d}"


def sample_books(cards: range) -> Books:
    """Return books with the persons of some cards."""
    books = Books()
    for card in cards:
        person = person_of(card)
        books.persons[person.number] = person
        add_due(books, card, contribution(card), total_fen=12_000)
        add_due(books, card, treatment(card), total_fen=30_000, funds=(18_000, 6_000))
        add_due(books, card, treatment(card, 2), total_fen=10_000, funds=(7_000, 3_000))
        for fund, fen in ((PENSION, 115_00), (SUBSIDY, 80_00)):
            number = payment(card, fund)
            books.benefits[number] = Benefit(
                number=number, person=person.number, fund=fund, period="202606", amount_fen=fen
            )
    return books


def add_due(
    books: Books, card: int, number: str, *, total_fen: int, funds: tuple[int, int] = (0, 0)
) -> Due:
    """Add a bill of a person: a contribution without `funds`, else the pooled fund and account."""
    due = Due(
        number=number,
        person=person_of(card).number,
        service=Purpose.MEDICAL if any(funds) else Purpose.CONTRIBUTION,
        period="20260601" if any(funds) else _YEAR,
        total_fen=total_fen,
        pooled_fen=funds[0],
        account_fen=funds[1],
    )
    books.dues[number] = due
    return due
