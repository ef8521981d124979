"""What people ask of composite terminals in a world (simulators/world): social services.

Their persons, bills and benefits are invented like their cards. Whatever is drawn comes from a
stream of its terminal's own, so that all other work stays what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from simulators.cards import Card
from simulators.social_security.books import Benefit, Books, Due, Purpose
from simulators.social_security.sample import PENSION, add_due, payment, person_of
from simulators.terminal_memory import Job, Kind
from simulators.terminals.services import PAYMENTS, payload
from simulators.world.actors.trade import Desk

SERVED: Final = 0.4
"""Share of social services among what composite terminals are asked."""
_CONTRIBUTIONS_FEN: Final = (12_000, 5_000, 38_000)
_TREATMENTS_FEN: Final = (
    (30_000, (18_000, 6_000)),
    (10_000, (7_000, 3_000)),
    (45_000, (20_000, 0)),
)
"""Total, and what the funds bear of it; of the second nothing is left for the card."""
_FIRST_YEAR: Final = 2012
_ACCOUNTS_FEN: Final = (50_000, 50_000, 4_000)
_UNINSURED: Final = 0.05
_WRONG: Final = 0.06
"""Share of payments of another amount than is due, and of those with somebody else's card."""
_LEAST_BENEFIT_FEN: Final = 10_000


def people(numbers: Sequence[int], chance: Random) -> Books:
    """Return the host's books with a person to each card, by number; no two benefits are equal."""
    books = Books()
    for place, card in enumerate(numbers):
        person = person_of(card)
        person.account_fen = chance.choice(_ACCOUNTS_FEN)
        person.is_insured = chance.random() >= _UNINSURED
        books.persons[person.number] = person
        for year, fen in enumerate(_CONTRIBUTIONS_FEN, _FIRST_YEAR):
            add_due(books, card, f"C{card:09d}{year}", total_fen=fen)
        for visit, (fen, funds) in enumerate(_TREATMENTS_FEN, 1):
            add_due(books, card, f"M{card:09d}{visit:04d}", total_fen=fen, funds=funds)
        number = payment(card)
        books.benefits[number] = Benefit(
            number=number,
            person=person.number,
            fund=PENSION,
            period="201406",
            amount_fen=_LEAST_BENEFIT_FEN + place,
        )
    return books


class Services:
    """What one composite terminal is asked; bills are known by whoever has to pay them."""

    def __init__(self, chance: Random, cards: Sequence[Card], books: Books) -> None:
        """Serve the holders of some cards; nothing in the books is changed here."""
        self.chance = chance
        by_pan = {person.pan: person for person in books.persons.values()}
        self._people = [(card, by_pan[card.pan]) for card in cards]
        self._dues: dict[tuple[str, Purpose], list[Due]] = {}
        for due in books.dues.values():
            self._dues.setdefault((due.person, due.service), []).append(due)

    def is_wanted(self) -> bool:
        """Draw whether somebody comes for a social service now."""
        return self.chance.random() < SERVED

    def job(self, desk: Desk) -> Job:
        """Draw a service; `desk` draws from the same stream."""
        made: Job = self.chance.choices(_KINDS, _SHARES)[0](self, desk)
        return made

    def _pay(self, desk: Desk, kind: Kind, service: Purpose) -> Job:
        chance = self.chance
        card, person = chance.choice(self._people)
        due = chance.choice(self._dues[person.number, service])
        other, _ = chance.choice(self._people)
        is_other, is_wrong = chance.random() < _WRONG, chance.random() < _WRONG
        return Job(
            kind=kind,
            card=other if is_other else card,
            amount_fen=due.card_fen + 100 * is_wrong,
            habits=desk.habits,
            content=payload({"S1": service.value, "S5": due.number, "S6": person.number}),
        )

    def contribute(self, desk: Desk) -> Job:
        """Pay a contribution."""
        return self._pay(desk, Kind.CONTRIBUTION, Purpose.CONTRIBUTION)

    def settle(self, desk: Desk) -> Job:
        """Pay what the funds leave of a treatment."""
        return self._pay(desk, Kind.MEDICAL, Purpose.MEDICAL)

    def void(self, desk: Desk) -> Job:
        """Take a payment of a bill back; who has none pays one."""
        slip = desk.recent(PAYMENTS)
        if slip is None or not slip.amount_fen:
            return self.contribute(desk)
        return Job(
            kind=Kind.VOID,
            card=desk.card_of(slip),
            amount_fen=slip.amount_fen,
            habits=desk.habits,
            of=slip,
        )

    def ask(self, desk: Desk) -> Job:
        """Ask about oneself, what is to be paid, or what became of a bill (to print it again)."""
        chance = self.chance
        card, person = chance.choice(self._people)
        service = chance.choice(tuple(Purpose))
        due = chance.choice(self._dues[person.number, service])
        tags = chance.choice(
            ({"S1": "QRY"}, {"S1": service.value}, {"S1": "QRY", "S5": due.number})
        )
        content = payload({**tags, "S6": person.number})
        return Job(kind=Kind.SOCIAL_INQUIRY, card=card, habits=desk.habits, content=content)

    def benefit(self, desk: Desk) -> Job:
        """Ask what became of one's benefits."""
        card, person = self.chance.choice(self._people)
        content = payload({"S1": "BEN", "S6": person.number})
        return Job(kind=Kind.BENEFIT_INQUIRY, card=card, habits=desk.habits, content=content)

    def reconcile(self, _desk: Desk) -> Job:
        """Hold the terminal's payments against the host's."""
        return Job(kind=Kind.RECONCILIATION)


_SERVICES: Final[tuple[tuple[int, Callable[[Services, Desk], Job]], ...]] = (
    (36, Services.contribute),
    (22, Services.settle),
    (16, Services.void),
    (14, Services.ask),
    (6, Services.benefit),
    (6, Services.reconcile),
)
"""Every service and its share."""
_SHARES: Final = tuple(share for share, _ in _SERVICES)
_KINDS: Final = tuple(service for _, service in _SERVICES)
