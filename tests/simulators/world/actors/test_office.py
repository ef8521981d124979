"""The office of a world: one set of books, a line from each switch, composite terminals."""

from __future__ import annotations

from simulators.cards import fictional_card
from simulators.installation import SOCIAL_LINK, composite_wire, wires
from simulators.world.actors.office import is_composite, open_office, wire_of
from simulators.world.plant import Plant
from simulators.world.setting import Setting
from simulators.world.world import World
from tests.simulators.acting import INTERBANK, POS

CARDS = [fictional_card(number) for number in (0, 1000, 1, 1001)]


def test_persons_hold_the_cards_of_all_issuers() -> None:
    office = open_office(7, CARDS, 2, Plant(POS, INTERBANK))
    assert {each.pan for each in office.books.persons.values()} == {card.pan for card in CARDS}


def test_some_terminals_are_composite_and_speak_as_such() -> None:
    office = open_office(7, CARDS, 2, Plant(POS, INTERBANK))
    served = [office.services(number) for number in range(20)]
    assert None in served
    assert [each is not None for each in served] == [is_composite(7, n) for n in range(20)]
    assert wire_of(composite=False) is wires()[0]
    assert wire_of(composite=True) is composite_wire()


def test_each_switch_has_a_line_to_it_and_bills_are_paid_over_them() -> None:
    world = World(Setting(seed=2, stages=False, products=False))
    lines = [bank.host for bank in world._banks if bank.name == SOCIAL_LINK]
    assert lines == world._hosts
    social = world.run().end.social
    assert social is not None
    assert any(due.paid_by for due in social.dues.values())
    assert any(word == "0220" for word, _ in _words(world))


def _words(world: World) -> list[tuple[str, str]]:
    lines = [bank.issuer for bank in world._banks if bank.name == SOCIAL_LINK]
    return [word for line in lines for word in getattr(line, "heard_words", [])]
