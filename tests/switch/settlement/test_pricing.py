"""What the notice's waivers come to, and which of several ranges a card is of."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from msgspec.structs import replace

from fees.quote import Stored, Tariffs
from switch.config.tariffs import load_tariffs
from switch.core.configuration import CardRange
from switch.core.operations import Row
from switch.settlement.pricing import NOTHING, Pricing, Waiver
from switch.settlement.rules import rules_of
from tests.switch.core.stage import configuration
from tests.switch.settlement.village import FIRST, row

_SHOWN = "621999*********0120"
_SOCIAL = CardRange(prefix="621999", length=19, issuer=FIRST, is_social=True, is_debit=True)
_LONGER = replace(_SOCIAL, prefix="6219991", is_social=False)
_STANDARD = (
    'standard = [{ transaction = ["withdrawal"], price = { fixed_fen = 200 } }, { transaction = ['
    '"sale", "preauthorisation", "inquiry", "payment", "transfer", "remittance"], price = "free" }]'
)


@cache
def _tariffs() -> Tariffs:
    """Return tariffs by which a withdrawal pays the network 20 fen, and costs 2 yuan in town."""
    text = Path("specs/tariffs/at-ceiling.toml").read_text("utf-8")
    text = text.replace('withdrawal_network = "free"', "withdrawal_network = { fixed_fen = 20 }")
    text = text.replace('standard = [{ price = "free" }]', _STANDARD)
    with TemporaryDirectory() as folder:
        (Path(folder) / "banks.toml").write_text(text, "utf-8")
        names = ("chongqing-2014", "national", "./banks.toml")
        return load_tariffs(names, Path(folder))


def _pricing(*ranges: CardRange, is_welfare: bool = True) -> Pricing:
    made = configuration()
    (terminal,) = made.terminals.values()
    made = configuration(
        terminals={terminal.id: replace(terminal, is_public_welfare=is_welfare)},
        tariffs=_tariffs(),
        card_ranges=ranges or made.card_ranges,
    )
    return Pricing(made, rules_of(made))


def _sale(rules: str = "C3 I3", legs: Stored = ()) -> Row:
    return row(1, 8_000, "sale", shown_card=_SHOWN, fee_rules=rules, legs=legs)


def test_a_waived_purchase_would_have_cost_the_national_rates() -> None:
    """80 yuan: 0.55 % for the issuer and 0.08 % for the network, each rounded to the fen."""
    assert _pricing().waiver(_sale(), "sale") == Waiver(44 + 6, 0)


def test_a_waived_withdrawal_would_have_paid_the_network() -> None:
    made = row(1, 50_000, shown_card=_SHOWN, fee_rules="C7 I3", fee_fen=400, legs=(("ci", 400),))
    assert _pricing().waiver(made, "withdrawal") == Waiver(20, 0)


def test_what_was_charged_all_the_same_is_not_waived() -> None:
    assert _pricing().waiver(_sale(legs=(("ai", 40),)), "sale") == Waiver(10, 0)


def test_a_free_withdrawal_is_held_against_the_standard_tariff_in_town() -> None:
    made = row(1, 50_000, shown_card=_SHOWN, fee_rules="C5 I1", acquirer=FIRST)
    assert _pricing().waiver(made, "withdrawal") == Waiver(0, 200)


@pytest.mark.parametrize(("taken_fen", "left_fen"), [(8_000, 0), (4_000, 25), (2_666, 33)])
def test_what_was_given_back_since_is_not_waived(taken_fen: int, left_fen: int) -> None:
    made = replace(_sale(), taken_fen=taken_fen)
    assert _pricing().waiver(made, "sale").between_fen == left_fen


def test_what_is_neither_waived_nor_free_needs_no_price() -> None:
    made = row(1, 50_000, shown_card="400000*********0120", fee_rules="C7 I6")
    assert _pricing().waiver(made, "withdrawal") == NOTHING


def test_what_nobody_can_price_any_more_says_so() -> None:
    lost = row(1, 8_000, "sale", shown_card="400000*********0120", fee_rules="C3 I3")
    assert not _pricing().waiver(lost, "sale").is_priced
    elsewhere = replace(_sale(), key=replace(_sale().key, terminal="59999999"))
    assert not _pricing().waiver(elsewhere, "sale").is_priced


@pytest.mark.parametrize("order", [(_SOCIAL, _LONGER), (_LONGER, _SOCIAL)])
def test_of_ranges_longer_than_what_is_shown_the_one_that_was_priced_is_taken(
    order: tuple[CardRange, ...],
) -> None:
    pricing = _pricing(*order)
    found = [pricing.case(each, "sale") for each in (_sale(), _sale("C3 I4"))]
    assert [case.card if case is not None else "" for case in found] == ["social", "debit"]


def test_a_range_must_have_the_cards_length_and_bank() -> None:
    short = replace(_LONGER, length=16)
    others = replace(_LONGER, issuer="99920000")
    case = _pricing(short, others, _SOCIAL).case(_sale(), "sale")
    assert case is not None
    assert (case.card, case.issuer) == ("social", FIRST)


def test_of_ranges_that_are_shown_whole_the_longest_holds() -> None:
    wide = replace(_SOCIAL, prefix="6219", is_social=False)
    case = _pricing(wide, _SOCIAL).case(_sale(), "sale")
    assert case is not None
    assert case.card == "social"


def test_ranges_that_cost_the_same_need_not_be_told_apart() -> None:
    sale = _sale("C3 I5")
    assert _pricing(_SOCIAL, _LONGER, is_welfare=False).case(sale, "sale") is not None
    credit = replace(_LONGER, is_debit=False)
    assert _pricing(_SOCIAL, credit, is_welfare=False).case(sale, "sale") is None
