"""Quotes: the worked table, the slow computation, what is given back, what is missing."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fees.matrix import (
    CARDS,
    CHANNELS,
    CITIES,
    DIMENSIONS,
    FINANCIAL,
    INSTITUTIONS,
    SIDES,
    Rule,
    tabulate,
)
from fees.quote import MOST_PLANS, Case, Leg, Quote, Refund, Tariffs, stored
from fees.tariff import MissingTariffError
from simulators.checkers.books import slow_fees as slow
from switch.config.tariffs import packaged_tariffs
from tests.fees.tariffs import BANKS, case, load

_YUAN = 100


@pytest.fixture(scope="module")
def tariffs(tmp_path_factory: pytest.TempPathFactory) -> Tariffs:
    return load(tmp_path_factory.mktemp("tariffs"))


def _ceiling() -> Tariffs:
    return packaged_tariffs("chongqing-2014", "national", "at-ceiling")


def _paid(quote: Quote, payer: str, payee: str) -> int:
    return sum(leg.amount_fen for leg in quote.legs if (leg.payer, leg.payee) == (payer, payee))


# ---------------------------------------------------------------- the worked table of the rules


@pytest.mark.parametrize(
    ("day", "yuan", "merchant", "card", "expected"),
    [
        (20140620, 500, "5999 O", "debit", (275, 40, 0, 75)),
        (20140620, 500, "5411 O", "debit", (130, 20, 0, 40)),
        (20140620, 500, "5812 O", "debit", (450, 65, 0, 110)),
        (20140620, 500, "8062 W", "social", (0, 0, 0, 0)),
        (20170101, 500, "5999 O", "debit", (175, 16, 16, 0)),
        (20170101, 10_000, "5999 O", "debit", (1_300, 325, 325, 0)),
        (20140620, 10_000, "5511 O", "debit", (6_000, 1_000, 0, 1_000)),
        (20140620, 10_000, "5039 O", "debit", (2_000, 250, 0, 350)),
        (20170101, 10_000, "5999 O", "credit", (4_500, 325, 325, 0)),
    ],
)
def test_a_sale_costs_what_the_worked_table_says(
    day: int, yuan: int, merchant: str, card: str, expected: tuple[int, ...]
) -> None:
    category, institution = merchant.split()
    asked = case(
        transaction="sale", channel="M", day=day, category=category, institution=institution,
        card=card,
    )  # fmt: skip
    quote = packaged_tariffs().quote(asked, yuan * _YUAN)
    assert quote.cardholder_fen == 0
    assert expected == (
        _paid(quote, "acquirer", "issuer"),
        _paid(quote, "acquirer", "network"),
        _paid(quote, "issuer", "network"),
        _paid(quote, "merchant", "acquirer"),
    )


@pytest.mark.parametrize(
    ("day", "yuan", "fee_fen"),
    [
        (20140620, 100, 100),
        (20140620, 500, 400),
        (20140620, 1_000, 800),
        (20140620, 50, 100),
        (20140620, 5_000, 2_000),
        (20140909, 500, 400),
        (20140910, 500, 250),
        (20141001, 100, 50),
        (20141001, 500, 250),
        (20141001, 2_000, 1_000),
        (20141001, 10_000, 2_000),
    ],
)
def test_a_withdrawal_at_another_bank_costs_the_ceiling_of_its_day(
    day: int, yuan: int, fee_fen: int
) -> None:
    assert _ceiling().quote(case(day=day), yuan * _YUAN).cardholder_fen == fee_fen


# ------------------------------------------------------------------- against the slow computation

_FINANCIAL_DIMENSIONS = (FINANCIAL, CARDS, SIDES, CITIES, CHANNELS, INSTITUTIONS)
_DAYS = (20130225, 20140620, 20140909, 20140910, 20160905, 20160906, 20190101)
_CATEGORIES = ("8011", "5812", "5511", "5039", "5411", "5999")


def _agrees(tariffs: Tariffs, asked: Case, fen: int) -> None:
    values = {name: getattr(asked, name) for name in Case.__struct_fields__}
    quote = tariffs.quote(asked, fen)
    options = msgspec.structs.asdict(tariffs.matrix.options)
    row_c, row_i = slow.row_c(values), slow.row_i(values, options)
    assert quote.rules == f"{row_c} {row_i}"
    assert quote.is_refused == (row_c == "C8")
    if quote.is_refused:
        assert quote.legs == ()
        return
    own = [leg for leg in quote.legs if leg.payer == "cardholder"]
    assert [(leg.payer, leg.payee, leg.amount_fen) for leg in own] == slow.cardholder(
        values, fen, asked.day, BANKS
    )
    others = [
        (leg.payer, leg.payee, leg.amount_fen)
        for leg in quote.legs
        if leg.payer != "cardholder" and leg.amount_fen
    ]
    expected = slow.interbank(values, row_i, fen, asked.day, BANKS["acquirer"])
    assert sorted(others) == sorted(leg for leg in expected if leg[2])
    assert quote.cardholder_fen == sum(leg.amount_fen for leg in own)
    assert {leg.rule for leg in own} == {row_c}
    assert {leg.rule for leg in quote.legs} <= {row_c, row_i}
    assert all(leg.clause for leg in quote.legs)


@pytest.mark.parametrize("scope", ["all", "purchase_only"])
@pytest.mark.parametrize("is_urban", [True, False])
def test_every_financial_case_of_the_product_costs_what_the_slow_computation_says(
    tmp_path: Path, scope: str, *, is_urban: bool
) -> None:
    tariffs = load(tmp_path, {"waiver_scope": scope, "waiver_urban": is_urban})
    random = Random(f"{scope}/{is_urban}")  # noqa: S311 - a seeded choice of amounts
    for cell, day in product(product(*_FINANCIAL_DIMENSIONS), _DAYS):
        asked = case(
            **dict(zip(DIMENSIONS, cell, strict=True)),
            day=day,
            category=random.choice(_CATEGORIES),
        )
        _agrees(tariffs, asked, random.randrange(0, 2_000_000))


@settings(max_examples=300)
@given(
    st.tuples(*(st.sampled_from(values) for values in _FINANCIAL_DIMENSIONS)),
    st.sampled_from(_CATEGORIES),
    st.sampled_from(_DAYS),
    st.integers(0, 10_000) | st.integers(0, 999_999_999_999),
)
def test_any_quote_is_what_the_slow_computation_says(
    tariffs: Tariffs, cell: tuple[str, ...], category: str, day: int, fen: int
) -> None:
    asked = case(**dict(zip(DIMENSIONS, cell, strict=True)), category=category, day=day)
    _agrees(tariffs, asked, fen)


@pytest.mark.parametrize("seed", range(5))
def test_a_quote_does_not_depend_on_the_order_of_rules(tariffs: Tariffs, seed: int) -> None:
    random, matrix = Random(seed), tariffs.matrix  # noqa: S311 - a seeded order
    cardholder: list[Rule] = random.sample(matrix.cardholder, len(matrix.cardholder))
    interbank: list[Rule] = random.sample(matrix.interbank, len(matrix.interbank))
    cells = tabulate(cardholder, interbank, matrix.options)
    assert cells == matrix.cells
    shuffled = Tariffs(
        msgspec.structs.replace(matrix, cells=cells),
        tariffs.national,
        dict(reversed(list(tariffs.banks.items()))),
    )
    for transaction, channel in product(FINANCIAL, CHANNELS):
        asked = case(transaction=transaction, channel=channel)
        assert shuffled.quote(asked, 77_700) == tariffs.quote(asked, 77_700)


# ---------------------------------------------------------------------------- single rules, aloud


def test_the_ceiling_cuts_the_acquirers_part_first(tariffs: Tariffs) -> None:
    quote = tariffs.quote(case(), 50_000)
    parts = [leg.amount_fen for leg in quote.legs if leg.payer == "cardholder"]
    # 0.37 + 0.3333 % less 15 %; 0.5555 % less 33 % would be 1.86, the ceiling 0.8 % is 4.00.
    assert parts == [173, 186]
    small = tariffs.quote(case(day=20140910), 50_000)
    assert [leg.amount_fen for leg in small.legs if leg.payer == "cardholder"] == [173, 77]
    assert small.cardholder_fen == 250


def test_an_own_bank_withdrawal_from_elsewhere_costs_at_most_its_remittance(
    tariffs: Tariffs,
) -> None:
    asked = case(side="on_us", city="out")
    assert tariffs.quote(asked, 100_000).cardholder_fen == 850  # 1 % less 15 %, below 0.9 %
    assert tariffs.quote(asked, 500_000).cardholder_fen == 4_000  # the remittance's most


def test_a_discount_holds_for_its_channel_only(tariffs: Tariffs) -> None:
    fees = [
        tariffs.quote(case(transaction="payment", side="on_us", channel=channel), 100_000)
        for channel in ("R", "M")
    ]
    assert [quote.cardholder_fen for quote in fees] == [425, 475]


def test_waived_legs_say_by_which_clause() -> None:
    quote = packaged_tariffs().quote(case(transaction="sale"), 50_000)
    assert Leg("acquirer", "issuer", 0, "I3", "四(四)3(5)") in quote.legs
    assert Leg("cardholder", "issuer", 0, "C3", "practice") in quote.legs


def test_the_urban_default_is_the_counters_rule() -> None:
    quote = packaged_tariffs().quote(case(channel="U"), 50_000)
    assert _paid(quote, "issuer", "acquirer") == 300
    assert _paid(quote, "issuer", "network") == 60


@pytest.mark.parametrize(
    ("in_city", "terminal", "card", "city"),
    [
        ("terminal", True, False, "in"),
        ("terminal", False, True, "out"),
        ("terminal_and_card", True, False, "out"),
        ("terminal_and_card", True, True, "in"),
        ("terminal_and_card", False, True, "out"),
    ],
)
def test_what_is_in_the_city_is_an_option(
    tmp_path: Path, in_city: str, city: str, *, terminal: bool, card: bool
) -> None:
    tariffs = load(tmp_path, {"in_city": in_city})
    assert tariffs.city(is_terminal_in=terminal, is_card_in=card) == city


def test_public_welfare_needs_category_and_flag(tariffs: Tariffs) -> None:
    assert [
        tariffs.institution(category, is_public_welfare=flag)
        for category, flag in product(("8062", "5411"), (True, False))
    ] == ["W", "O", "O", "O"]


# --------------------------------------------------------------------------------- what is missing


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"issuer": "99930003"}, "C7: no tariff of bank 99930003 on 20140620"),
        ({"day": 20091231}, "no tariff of bank 99910001 on 20091231"),
        ({"acquirer": "99910001"}, "valid from 20100101 has no price acquirer.withdrawal_off_us"),
        ({"transaction": "sale", "institution": "O", "day": 20130224}, "I5: no national rates"),
        ({"transaction": "teleport"}, "there is no case transaction=teleport"),
    ],
)
def test_a_missing_price_is_named(
    tariffs: Tariffs, changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(MissingTariffError, match=complaint):
        tariffs.quote(case(**changes), 50_000)


def test_a_missing_ceiling_is_named() -> None:
    with pytest.raises(MissingTariffError, match="no 农民工 ceiling on 20070131"):
        packaged_tariffs().quote(case(day=20070131), 1)


def test_what_is_free_needs_no_tariff(tariffs: Tariffs) -> None:
    asked = case(side="on_us", issuer="99930003", acquirer="99930003")
    assert tariffs.quote(asked, 50_000).cardholder_fen == 0


# ------------------------------------------------------------------------------------- giving back


@pytest.mark.parametrize("transaction", ["reversal", "void"])
def test_a_reversal_returns_exactly_the_original_legs(tariffs: Tariffs, transaction: str) -> None:
    original = tariffs.quote(case(), 54_321)
    back = tariffs.give_back(case(transaction=transaction), original.legs)
    assert back.is_returned
    assert back.rules == "C11 I11"
    assert back.cardholder_fen == original.cardholder_fen > 0
    assert [(leg.payee, leg.payer, leg.amount_fen) for leg in back.legs] == [
        (leg.payer, leg.payee, leg.amount_fen) for leg in original.legs
    ]
    assert {leg.rule for leg in back.legs} == {"C11", "I11"}


def _refund(tariffs: Tariffs, legs: tuple[Leg, ...], *refund: int) -> list[int]:
    quote = tariffs.give_back_part(case(transaction="refund"), legs, Refund(*refund))
    assert quote.rules == "C12 I12"
    return [leg.amount_fen for leg in quote.legs]


@given(
    st.integers(1, 1_000_000), st.lists(st.integers(1, 400_000), max_size=6), st.integers(0, 9_999)
)
def test_refunds_in_parts_return_a_leg_and_not_a_fen_more(
    original_fen: int, parts: list[int], leg_fen: int
) -> None:
    legs = (Leg("acquirer", "issuer", leg_fen, "I5", "c"),)
    before = given_back = 0
    for part in [*parts, original_fen]:
        now = min(part, original_fen - before)
        (fen,) = _refund(packaged_tariffs(), legs, original_fen, before, now)
        before += now
        given_back += fen
        exact = leg_fen * before / original_fen
        assert abs(given_back - exact) <= 0.5 + 1e-6
    assert given_back == leg_fen


def test_who_gives_nothing_back_on_refunds_keeps_its_leg(tariffs: Tariffs) -> None:
    legs = (
        Leg("acquirer", "issuer", 200, "I5", "c"),
        Leg("merchant", "acquirer", 100, "I5", "c"),
        Leg("acquirer", "network", 50, "I5", "c"),
    )
    assert _refund(tariffs, legs, 1_000, 0, 500) == [100, 0, 25]


def test_nothing_is_returned_of_an_original_of_nothing(tariffs: Tariffs) -> None:
    assert _refund(tariffs, (Leg("acquirer", "issuer", 0, "I5", "c"),), 0, 0, 0) == [0]


def test_what_gives_back_is_not_quoted_and_the_other_way_round(tariffs: Tariffs) -> None:
    with pytest.raises(ValueError, match="C11 I11 give back"):
        tariffs.quote(case(transaction="void"), 1)
    with pytest.raises(ValueError, match="C7 gives nothing back"):
        tariffs.give_back(case(), ())
    with pytest.raises(ValueError, match="C12 takes an amount"):
        tariffs.give_back(case(transaction="refund"), ())
    with pytest.raises(ValueError, match="C11 takes no amount"):
        tariffs.give_back_part(case(transaction="void"), (), Refund(1, 0, 1))


# ------------------------------------------------------------------------------------------- plans


def test_plans_are_bounded_and_make_no_difference(tmp_path: Path) -> None:
    tariffs = load(tmp_path)
    first = tariffs.quote(case(), 50_000)
    tariffs._plans.update({case(day=-n): tariffs._plans[case()] for n in range(1, MOST_PLANS)})
    assert len(tariffs._plans) == MOST_PLANS
    tariffs.quote(case(day=20140621), 50_000)
    assert len(tariffs._plans) == 1
    assert tariffs.quote(case(), 50_000) == first


def test_legs_come_back_from_a_ledger_without_those_of_nothing(tariffs: Tariffs) -> None:
    quote = tariffs.quote(case(transaction="sale", institution="O"), 12_345)
    kept = stored(quote)
    assert kept == (("ai", 68), ("an", 10), ("ma", 19))
    moved = tuple(leg for leg in quote.legs if leg.amount_fen)
    assert tariffs.legs(kept, quote.rules) == moved
    assert tariffs.legs((("ci", 5),), "C99 I99") == (Leg("cardholder", "issuer", 5, "C99", ""),)


def test_a_set_shows_what_it_is(tariffs: Tariffs) -> None:
    assert repr(tariffs) == "Tariffs(chongqing-2014, 2 banks)"
