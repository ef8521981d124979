"""The folder of the demo is good, and its cards are what the story says."""

from __future__ import annotations

from pathlib import Path

from simulators.cards import fictional_card
from simulators.installation import CARDS_EACH, issuer_identity
from switch.cli.demo import city
from switch.config.installation import load


def test_cards_of_the_story_are_of_the_banks_it_names(tmp_path: Path) -> None:
    city.write(tmp_path / "city", (7001, 7002, 7003, 7004), 7009)
    found = load(tmp_path / "city")
    numbers = (0, 1, *(bank * CARDS_EACH for bank in range(1, len(city.BANKS))), city.OTHER_CARD)
    kinds = {}
    for number in numbers:
        each = found.configuration.card_range(fictional_card(number).pan)
        assert each is not None
        kinds[number] = (each.issuer, each.is_social)
    ids = [issuer_identity(number).id for number in range(len(city.BANKS))]
    blocks = {bank * CARDS_EACH: (ids[bank], True) for bank in range(1, len(ids))}
    assert kinds == {
        0: (ids[0], True),
        1: (ids[0], True),
        **blocks,
        city.OTHER_CARD: (ids[0], False),
    }
    assert found.fixed_keys is None
    assert found.fill_ms == 50


def test_the_first_bank_has_a_line_of_either_class(tmp_path: Path) -> None:
    city.write(tmp_path / "city", (7001, 7002, 7003, 7004), 7009)
    found = load(tmp_path / "city")
    ports = {name: port for name, (_, port) in found.link_addresses.items()}
    assert ports == {
        city.PRIVATE: 7009, "bank-1": 7001, "bank-2": 7002, "bank-3": 7003, "bank-4": 7004,
    }  # fmt: skip
    assert [each.access for each in found.listen] == [point.access for point in city.POINTS]
