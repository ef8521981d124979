"""A period under another tariff: the same one changes nothing, and every fee stays between two."""

from __future__ import annotations

from msgspec.structs import replace

from switch.config.tariffs import packaged_tariffs
from switch.core.operations import Row, Taking
from switch.core.transaction import State
from switch.settlement.rules import rules_of
from switch.settlement.whatif import Requoting, WhatIf
from tests.switch.core.stage import configuration
from tests.switch.settlement.village import FIRST, row

_SHOWN = "621999*********0120"


def _found(*rows: Row, banks: str = "at-ceiling") -> WhatIf:
    made = configuration()
    tariffs = packaged_tariffs("chongqing-2014", "national", banks)
    return Requoting(made, tariffs, rules_of(made)).take(rows)


def test_a_withdrawal_would_have_cost_the_ceiling() -> None:
    found = _found(row(1, 50_000, shown_card=_SHOWN, fee_rules="C7 I6"))
    assert (found.count, found.unquoted) == (1, 0)
    assert found.after[f"cardholders:{FIRST}"] == -400
    assert found.before.get(f"cardholders:{FIRST}", 0) == 0
    assert sum(found.after.values()) == sum(found.before.values()) == 0


def test_a_void_gives_back_what_its_original_would_have_cost() -> None:
    sale = row(1, 8_000, "sale", shown_card=_SHOWN, fee_rules="C3 I5")
    void = row(2, 8_000, "sale_void", shown_card=_SHOWN, fee_rules="C11 I11")
    void = replace(void, taking=Taking(sale.key, 8_000))
    found = _found(replace(sale, taken_fen=8_000), void)
    assert found.unquoted == 0
    assert all(fen == 0 for fen in found.after.values())


def test_what_cannot_be_quoted_keeps_its_fees_and_is_counted() -> None:
    lost = row(1, 8_000, shown_card="400000*********0120", fee_rules="C7 I6", legs=(("ci", 250),))
    found = _found(lost, row(2, state=State.DECLINED), row(3, kind="sign_on"))
    assert (found.count, found.unquoted) == (1, 1)
    assert found.before == found.after
    assert found.after[f"cardholders:{FIRST}"] == -250
