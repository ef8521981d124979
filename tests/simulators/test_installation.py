"""The test installation: the worked examples' own terminal, cards that find their banks."""

from __future__ import annotations

import pytest

from simulators.cards import Card, fictional_card
from simulators.installation import (
    ACQUIRER,
    CARDS_EACH,
    DEFAULT,
    Size,
    configuration,
    issuer_identity,
    issuer_of,
    link_name,
    terminal_identity,
)


def test_the_first_terminal_is_that_of_the_worked_examples() -> None:
    assert terminal_identity().id == "50010001"
    made = configuration(DEFAULT)
    assert made.terminals["50010001"].merchant == terminal_identity().merchant
    assert made.terminals["50010001"].master_key == terminal_identity().master_key


@pytest.mark.parametrize("number", [1, 5, CARDS_EACH, 2 * CARDS_EACH + 7])
def test_a_card_leads_to_the_issuer_that_has_its_account(number: int) -> None:
    made = configuration(Size(issuers=3))
    found = made.card_range(fictional_card(number).pan)
    assert found is not None
    assert made.issuers[found.issuer].links == (link_name(issuer_of(number, 3)),)


def test_a_second_line_is_the_alternate_of_another_class() -> None:
    made = configuration(Size(issuers=2, lines=2))
    for number in range(2):
        issuer = issuer_identity(number).id
        names = (link_name(number), link_name(number, 1))
        assert made.issuers[issuer].links == names
        card = next(each for each in made.card_ranges if each.issuer == issuer)
        way = made.way(ACQUIRER, card, 20140618)
        assert tuple(each.link for each in way.candidates) == names
        assert [each.is_alternate for each in way.candidates] == [False, True]
    assert len(made.links) == 4


def test_the_first_card_is_of_the_first_bank() -> None:
    found = configuration(Size(issuers=3)).card_range(Card().pan)
    assert found is not None
    assert found.issuer == issuer_identity(0).id


def test_both_ends_of_a_link_agree() -> None:
    made = configuration(Size(issuers=2))
    for number in range(2):
        link, identity = made.links[link_name(number)], issuer_identity(number)
        assert (link.own_id, link.peer_id) == (identity.peer, identity.id)
        assert (link.zmk, link.pik, link.mak) == (identity.zmk, identity.pik, identity.mak)


def test_identities_show_no_key() -> None:
    shown = repr(issuer_identity()) + repr(terminal_identity())
    assert "54687A8C" not in shown.upper()
    assert "01234567" not in shown
