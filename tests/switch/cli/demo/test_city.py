"""The folder of the demo is good, and its cards are what the story says."""

from __future__ import annotations

from pathlib import Path

from simulators.cards import fictional_card
from simulators.installation import CARDS_EACH, issuer_identity
from switch.cli.demo import city
from switch.config.installation import load


def test_cards_of_the_story_are_of_the_banks_it_names(tmp_path: Path) -> None:
    city.write(tmp_path / "city", (7001, 7002))
    found = load(tmp_path / "city")
    ranges = {
        number: found.configuration.card_range(fictional_card(number).pan)
        for number in (0, 1, CARDS_EACH, city.OTHER_CARD)
    }
    kinds = {number: (each.issuer, each.is_social) for number, each in ranges.items() if each}
    first, second = (issuer_identity(number).id for number in (0, 1))
    assert kinds == {
        0: (first, True),
        1: (first, True),
        CARDS_EACH: (second, True),
        city.OTHER_CARD: (first, False),
    }
    assert [port for _, port in found.link_addresses.values()] == [7001, 7002]
    assert found.fixed_keys is None
