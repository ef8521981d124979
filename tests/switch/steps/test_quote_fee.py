"""The fee on the walk: quoted, sent in DE 28, kept, told, and given back with a reversal."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from fees.quote import Tariffs
from fees.tariff import Step, make_price
from messages.dialects.loader import load_dialect
from switch.config.tariffs import packaged_tariffs
from switch.core.configuration import Channel, Terminal
from switch.core.rules import Rule
from switch.core.transaction import State
from switch.pipeline import FINANCIAL
from switch.steps.choose_route import choose_route
from switch.steps.quote_fee import quote_fee
from tests.switch.core.stage import Stage, configuration, silent

_AT_CEILING = ("chongqing-2014", "national", "at-ceiling")


def _stage(tariffs: Tariffs | None = None, **changes: Any) -> Stage:  # noqa: ANN401
    """Return a signed-on stage with banks at the ceiling; changes are those of a configuration."""
    stage = Stage(tariffs=tariffs or packaged_tariffs(*_AT_CEILING), **changes)
    stage.sign_on()
    return stage


def _terminals(**changes: Any) -> dict[str, Terminal]:  # noqa: ANN401 - any field of a terminal
    return {key: replace(each, **changes) for key, each in configuration().terminals.items()}


def test_the_fee_travels_in_de_28_and_is_kept_with_its_rules_and_legs() -> None:
    stage = _stage()
    stage.withdraw()
    assert stage.code == "00"
    [sent] = stage.requests()
    assert (sent[4], sent[28]) == ("000000050000", "D00000400")
    record = stage.row().record
    assert (record.fee_fen, record.fee_rules, record.legs) == (400, "C7 I6", (("ci", 400),))
    assert Rule.FEE_QUOTED in record.trace


def test_a_free_withdrawal_has_no_de_28_and_says_why_it_is_free() -> None:
    stage = _stage(packaged_tariffs(), terminals=_terminals(is_public_welfare=True))
    stage.withdraw()
    assert 28 not in stage.requests()[0]
    record = stage.row().record
    assert (record.fee_fen, record.fee_rules, record.legs) == (0, "C7 I3", ())
    assert 28 not in stage.requests()[0]
    assert stage.last()[63] == "CUP"


def test_the_answer_names_the_fee_for_the_slip() -> None:
    stage = _stage()
    stage.withdraw()
    assert stage.last()[63] == "CUP" + " " * 40 + "FEE 4.00".ljust(20)


def test_a_declined_answer_names_no_fee() -> None:
    stage = _stage()
    stage.issue = lambda mti, _: {39: "51"} if mti == "0200" else {39: "00"}
    stage.withdraw()
    assert (stage.code, stage.last()[63]) == ("51", "CUP")


def test_the_fee_does_not_count_to_the_cap() -> None:
    stage = _stage()
    stage.withdraw(f4="000000100000")
    assert stage.code == "00"
    assert stage.row().record.fee_fen == 800


@pytest.mark.parametrize("is_doubtful", [True, False])
def test_a_reversal_repeats_the_fee_of_its_original(*, is_doubtful: bool) -> None:
    stage = _stage()
    if is_doubtful:
        stage.issue = silent
    stage.withdraw()
    if is_doubtful:
        stage.pass_time(46_000)
    else:
        stage.reverse()
        stage.pass_time(1_000)
    assert {fields.get(28) for fields in stage.reversals()} == {"D00000400"}
    stage.pass_time(1_000)
    assert stage.row().state is State.REVERSED


def test_a_dialect_whose_reversals_have_no_fee_gets_none() -> None:
    dialect = load_dialect("interbank")
    transactions = tuple(
        replace(
            rule,
            reversal=replace(rule.reversal, request_allows=rule.reversal.request_allows - {28}),
        )
        if rule.reversal
        else rule
        for rule in dialect.transactions
    )
    stage = _stage(issuer_dialect=replace(dialect, transactions=transactions))
    stage.withdraw()
    stage.reverse()
    stage.pass_time(1_000)
    assert stage.requests()[0][28] == "D00000400"
    assert [28 in fields for fields in stage.reversals()] == [False]


def test_on_us_in_the_city_is_free_whatever_the_tariff() -> None:
    made = configuration()
    acquirers = {key: replace(each, group="one") for key, each in made.acquirers.items()}
    issuers = {key: replace(each, group="one") for key, each in made.issuers.items()}
    for is_in_city, rules in ((True, "C5 I1"), (False, "C6 I1")):
        terminals = _terminals(is_in_city=is_in_city)
        stage = _stage(acquirers=acquirers, issuers=issuers, terminals=terminals)
        stage.withdraw()
        assert stage.row().record.fee_rules == rules


def test_a_missing_price_is_96_and_told() -> None:
    tariffs = packaged_tariffs(*_AT_CEILING)
    stage = _stage(Tariffs(tariffs.matrix, tariffs.national, {}))
    stage.withdraw()
    assert stage.code == "96"
    report = stage.report("declined")
    assert report["rule"] == Rule.FEE_QUOTED
    assert report["why"] == "C7: no tariff of bank 99910000 on 20140618"
    assert not stage.requests()


def test_a_withdrawal_at_a_merchant_is_57() -> None:
    stage = _stage(terminals=_terminals(channel=Channel.MERCHANT))
    stage.withdraw()
    assert stage.code == "57"
    assert stage.report("declined")["fee_rule"] == "C8 I6"


def test_a_fee_that_does_not_fit_de_28_is_96() -> None:
    tariffs = packaged_tariffs(*_AT_CEILING)
    huge = make_price([Step(fixed_fen=100_000_000)])
    bank = tariffs.banks["*"][0]
    bank = replace(bank, standard=dict.fromkeys(bank.standard, huge), valid_from=20100101)
    stage = _stage(
        Tariffs(tariffs.matrix, tariffs.national, {"*": (bank,)}),
        terminals=_terminals(channel=Channel.URBAN),
    )
    stage.withdraw()
    assert stage.code == "96"
    assert stage.report("declined")["why"] == "the fee does not fit DE 28"


def test_the_fee_is_quoted_before_the_way_is_chosen() -> None:
    assert FINANCIAL.index(quote_fee) < FINANCIAL.index(choose_route)


def test_a_repeat_that_gets_its_stored_answer_is_told_the_fee_again() -> None:
    stage = _stage(repeats_get_stored_answer=True)
    stage.withdraw()
    first = stage.last()[63]
    stage.withdraw()
    assert stage.code == "00"
    assert stage.last()[63] == first != "CUP"
