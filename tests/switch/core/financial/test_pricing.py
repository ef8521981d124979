"""What a transaction costs by its kind, and what voids, refunds and their reversals give back."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from fees.quote import Tariffs
from fees.tariff import Step, make_price
from messages.dialects.loader import load_dialect
from switch.config.tariffs import packaged_tariffs
from switch.core.configuration import Channel
from switch.core.operations import Record
from switch.core.transaction import State
from tests.switch.core.stage import Stage, configuration
from tests.switch.core.stage.shop import ask, before, reverse, row

_PACKAGED = packaged_tariffs()


def _charging() -> Tariffs:
    """Return the packaged set with a price of payments and of everything in town: 0.3 %."""
    price = make_price([Step(rate_ppm=3_000, fixed_fen=1)])
    bank = _PACKAGED.banks["*"][0]
    made = replace(
        bank,
        as_issuer={**bank.as_issuer, "payment": price},
        standard=dict.fromkeys(bank.standard, price),
    )
    return Tariffs(_PACKAGED.matrix, _PACKAGED.national, {"*": (made,)})


def _stage(**terminal: Any) -> Stage:  # noqa: ANN401 - any field of a terminal
    terminals = {key: replace(t, **terminal) for key, t in configuration().terminals.items()}
    stage = Stage(tariffs=_charging(), terminals=terminals)
    stage.sign_on()
    return stage


def _record(stage: Stage, stan: str) -> Record:
    return row(stage, stan).record


def test_a_void_gives_back_exactly_what_its_original_cost() -> None:
    stage = _stage()
    ask(stage, "bill_payment", "000010")
    assert stage.requests()[-1][28] == "D00000151"
    ask(stage, "social_void", "000011", "000010")
    assert stage.code == "00"
    assert stage.requests()[-1][28] == "C00000151"
    back = _record(stage, "000011")
    assert (back.fee_fen, back.fee_rules, back.legs) == (-151, "C11 I11", (("ic", 151),))
    assert "FEE" not in stage.last()[63]


def test_the_reversal_of_a_void_says_what_the_void_gave_back() -> None:
    stage = _stage()
    ask(stage, "bill_payment", "000010")
    ask(stage, "social_void", "000011", "000010")
    reverse(stage, "social_void", "000011")
    stage.pass_time(2_000)
    assert {fields[28] for fields in stage.reversals()} == {"C00000151"}
    assert row(stage, "000011").state is State.REVERSED


def test_refunds_give_back_the_part_of_the_fee_and_together_all_of_it() -> None:
    stage = _stage(channel=Channel.URBAN)
    ask(stage, "sale", "000010")
    assert stage.requests()[-1][28] == "D00000151"
    given_back = []
    for stan, amount in (("000011", "000000012345"), ("000012", "000000037655")):
        ask(stage, "refund", stan, "000010", f4=amount)
        assert stage.code == "00"
        given_back.append(_record(stage, stan).fee_fen)
    stage.pass_time(2_000)
    assert given_back == [-37, -114]
    advices = {fields[28] for mti, fields in stage.sent if mti == "0220"}
    assert advices == {"C00000037", "C00000114"}


def test_a_sale_keeps_what_institutions_pay_each_other() -> None:
    stage = _stage(category="5411")
    ask(stage, "sale", "000010")
    sale = _record(stage, "000010")
    assert (sale.fee_fen, sale.fee_rules) == (0, "C3 I5")
    assert sale.legs == (("ai", 130), ("an", 20), ("ma", 40))
    ask(stage, "sale_void", "000011", "000010")
    assert _record(stage, "000011").legs == (("ia", 130), ("na", 20), ("am", 40))


def test_a_completion_is_priced_as_a_sale_and_its_authorisation_not_at_all() -> None:
    stage = _stage(category="5411")
    original = before(stage, "completion")
    ask(stage, "completion", "000002", original)
    assert original is not None
    assert (_record(stage, original).fee_rules, _record(stage, original).legs) == ("C3 I13", ())
    assert _record(stage, "000002").legs == (("ai", 130), ("an", 20), ("ma", 40))


@pytest.mark.parametrize("dialect", ["pos", "composite"])
def test_whatever_takes_of_another_gives_back_or_is_a_sale(dialect: str) -> None:
    for rule in load_dialect(dialect).transactions:
        if rule.business is not None and rule.business.originals:
            allowed = {"none"} if rule.business.only_tells else {"void", "refund", "sale"}
            assert rule.business.fee in allowed, rule.id
        elif rule.business is not None:
            assert rule.business.fee not in {"void", "refund"}, rule.id


def test_a_terminal_of_another_category_is_priced_anew() -> None:
    """What the tables were asked before belongs to one snapshot, not to the tariffs."""
    stage = _stage(category="5411")
    ask(stage, "sale", "000010")
    others = {key: replace(t, category="8062") for key, t in stage.configuration.terminals.items()}
    stage.reconfigure(terminals=others)
    ask(stage, "sale", "000011")
    assert _record(stage, "000010").legs == (("ai", 130), ("an", 20), ("ma", 40))
    assert _record(stage, "000011").legs == (("ai", 275), ("an", 40), ("ma", 75))
