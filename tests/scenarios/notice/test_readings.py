"""Where the notice, or what it refers to, can be read in two ways: both are configuration.

The packaged files hold the reading that is the default; each test turns to the other one.
"""

from __future__ import annotations

import pytest

from simulators.cards import fictional_card
from tests.scenarios.notice.hall import CLINIC, HOSPITAL, Change, Hall
from tests.scenarios.notice.test_clauses import CHARGING, charging

FIRST_BANKS_CARD = fictional_card(1_000).pan
"""A social-security card of the first test bank."""


def _cap_from(day: str) -> Change:
    return ("caps", "from_day = 2014-09-10", f"from_day = {day}")


@pytest.mark.parametrize(
    ("changes", "codes"),
    [((), ["00", "61"]), ((_cap_from("2014-08-20"),), ["00", "00"])],
)
def test_the_day_from_which_the_higher_cap_holds(
    changes: tuple[Change, ...], codes: list[str]
) -> None:
    """银发〔2014〕235号 was published on 2014-09-10; its effective day may be another."""
    hall = Hall("2014-09-01", *changes)
    assert [hall.ask("rural_withdrawal", 1_000) for _ in codes] == codes


@pytest.mark.parametrize(
    ("changes", "codes"),
    [((), ["00", "61"]), ((("caps", "format = 1", 'kept_by = "issuer"\nformat = 1'),), ["00"] * 2)],
)
def test_who_keeps_the_daily_cap(changes: tuple[Change, ...], codes: list[str]) -> None:
    """四(四)1 does not say whether the issuer counts, or whoever is between the banks."""
    hall = Hall("2014-06-17", *changes)
    assert hall.ask("rural_withdrawal", 1_000) == codes[0]
    assert (hall.kept().cap is None) is bool(changes)
    assert hall.ask("rural_withdrawal", 1_000) == codes[1]


_EACH = ("caps", "format = 1", 'per_acquirer = ["99900000", "99910000"]\nformat = 1')


@pytest.mark.parametrize(("changes", "second"), [((), "61"), ((_EACH,), "00")])
def test_over_what_the_cap_of_a_card_is_counted(changes: tuple[Change, ...], second: str) -> None:
    """银发〔2011〕177号: 1 000 yuan a card and day over all banks, or at each acquirer's points."""
    hall = Hall("2014-06-17", *changes)
    assert hall.ask("rural_withdrawal", 600, CLINIC) == "00"
    assert hall.ask("rural_withdrawal", 600, HOSPITAL) == second
    assert hall.ask("rural_withdrawal", 600, CLINIC) == "61"
    assert hall.ask("rural_withdrawal", 400, CLINIC) == "00"


@pytest.mark.parametrize(("scope", "row"), [("all", "I3"), ("purchase_only", "I6")])
def test_how_far_the_waiver_reaches(scope: str, row: str) -> None:
    """四(四)3(5) speaks of transactions: all of them, or what is bought."""
    said = ("jinbao", '# waiver_scope = "all"', f'waiver_scope = "{scope}"')
    hall = Hall("2014-06-17", said, CHARGING, adds=charging())
    assert hall.ask("rural_withdrawal", 500, CLINIC) == "00"
    assert row in hall.kept().record.fee_rules.split()
    assert hall.ask("social_sale", 500, CLINIC) == "00"
    assert "I3" in hall.kept().record.fee_rules.split()


@pytest.mark.parametrize(("is_urban", "row"), [("true", "I3"), ("false", "I4")])
def test_whether_the_waiver_holds_in_town(is_urban: str, row: str) -> None:
    """四(四)3(5) stands among the rules for the country."""
    said = ("jinbao", "# waiver_urban = true", f"waiver_urban = {is_urban}")
    town = (
        "terminals",
        'place = "CQ TEST TOWN HOSPITAL"\nchannel = "rural"',
        'place = "CQ TEST TOWN HOSPITAL"\nchannel = "merchant"',
    )
    hall = Hall("2014-06-17", said, town, CHARGING, adds=charging())
    assert hall.ask("social_sale", 500, HOSPITAL, FIRST_BANKS_CARD) == "00"
    assert row in hall.kept().record.fee_rules.split()


@pytest.mark.parametrize(("reading", "row"), [("terminal", "C5"), ("terminal_and_card", "C6")])
def test_what_is_the_own_banks_pos_in_the_city(reading: str, row: str) -> None:
    """四(四)3(2): 市内本行POS: the POS is in the city, or POS and card are."""
    said = ("jinbao", '# in_city = "terminal"', f'in_city = "{reading}"')
    away = (
        "banks",
        'links = ["issuer-jinbao", "issuer"]',
        'in_city = false\nlinks = ["issuer-jinbao", "issuer"]',
    )
    hall = Hall("2014-06-17", said, away, CHARGING, adds=charging())
    assert hall.ask("rural_withdrawal", 500, HOSPITAL) == "00"
    assert row in hall.kept().record.fee_rules.split()
