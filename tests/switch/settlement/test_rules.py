"""How kinds settle is said by the dialects; who is one bank, by groups."""

from __future__ import annotations

import pytest

from switch.core.configuration import Issuer
from switch.settlement.rules import rules_of
from tests.switch.core.stage import configuration
from tests.switch.settlement.village import ACQUIRER, FIRST, SECOND, rules


@pytest.mark.parametrize(
    ("kind", "side"),
    [
        ("rural_withdrawal", "debit"),
        ("transfer_debit", "debit"),
        ("cash_remittance_credit", "credit"),
        ("social_sale", "debit"),
        ("bill_payment", "debit"),
        ("completion", "debit"),
        ("completion_advice", "debit"),
        ("social_void", "credit"),
        ("refund", "credit"),
        ("completion_void", "credit"),
    ],
)
def test_what_moves_money_has_a_side(kind: str, side: str) -> None:
    found = rules().kind(kind)
    assert found is not None
    assert found.side == side


@pytest.mark.parametrize(
    "kind",
    ["social_balance_inquiry", "pre_authorisation", "pre_authorisation_void", "sign_on", "x"],
)
def test_what_moves_none_has_none(kind: str) -> None:
    assert rules().kind(kind) is None


def test_rural_withdrawals_are_a_class_of_their_own() -> None:
    kinds = rules().kinds
    assert [k.id for k in kinds.values() if k.is_rural_withdrawal] == ["rural_withdrawal"]
    assert kinds["rural_withdrawal"].special == "041"
    assert kinds["sale"].special == "000"


def test_one_bank_is_a_group_or_the_same_institution() -> None:
    found = rules()
    assert found.is_on_us(FIRST, FIRST)
    assert found.is_on_us(SECOND, ACQUIRER)
    assert not found.is_on_us(FIRST, ACQUIRER)


def test_hosts_of_services_are_known_and_are_no_banks() -> None:
    hosts = [Issuer(id=id_, name="H", links=("bank",)) for id_ in ("99970000", "99980000")]
    made = rules_of(configuration(social_host=hosts[0], product_host=hosts[1]))
    assert made.hosts == {"99970000", "99980000"}
    assert not rules_of(configuration()).hosts
