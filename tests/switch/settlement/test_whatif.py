"""A period under another tariff: the same one changes nothing, and every fee stays between two."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fees.quote import Tariffs
from switch.config.tariffs import load_tariffs, packaged_tariffs
from switch.core.operations import Row, Taking
from switch.core.transaction import State
from switch.settlement.rules import rules_of
from switch.settlement.whatif import Requoting, WhatIf
from tests.switch.core.stage import configuration
from tests.switch.settlement.village import ACQUIRER, DAY, FIRST, row

_SHOWN = "621999*********0120"


_NOON_MS = 1_403_064_000_000
"""2014-06-18 12:00 in Shanghai."""
_NEW_CEILING_MS = 1_410_278_400_000
"""2014-09-10 00:00 in Shanghai."""


def _date(day: int) -> date:
    return date(day // 10_000, day // 100 % 100, day % 100)


def _found(*rows: Row, banks: Tariffs | str = "at-ceiling") -> WhatIf:
    made = configuration()
    tariffs = banks
    if isinstance(tariffs, str):
        tariffs = packaged_tariffs("chongqing-2014", "national", tariffs)
    return Requoting(made, tariffs, rules_of(made)).take(rows)


@cache
def _paid_transfers() -> Tariffs:
    text = Path("specs/tariffs/at-ceiling.toml").read_text("utf-8")
    text = text.replace('transfer = "free" ', "transfer = { fixed_fen = 300 } ")
    with TemporaryDirectory() as folder:
        (Path(folder) / "banks.toml").write_text(text, "utf-8")
        return load_tariffs(("chongqing-2014", "national", "./banks.toml"), Path(folder))


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


def test_a_free_transfer_would_cost_what_another_tariff_asks() -> None:
    debit = row(1, 50_000, "transfer_debit", shown_card=_SHOWN, fee_rules="C10 I10")
    credit = row(2, 50_000, "transfer_credit", shown_card=_SHOWN)
    parent = row(3, 50_000, "transfer", shown_card=_SHOWN, fee_rules="C10 I10")
    found = _found(parent, debit, credit, banks=_paid_transfers())
    assert (found.count, found.unquoted) == (1, 0)
    assert found.after[f"cardholders:{FIRST}"] == -300


def _share(fen: int, percent: str, least: int = 0, most: int = 10**9) -> int:
    """Return a fee as a clerk would: per cent of an amount, bounded, half a fen up."""
    exact = Decimal(fen) * Decimal(percent) / 100
    bounded = min(max(exact, Decimal(least)), Decimal(most))
    return int(bounded.quantize(Decimal(1), ROUND_HALF_UP))


def _by_hand(each: Row) -> dict[str, int]:
    """Work out a row's fees from the words of the notice and of 发改价格〔2013〕66号."""
    fen, record, sums = each.record.amount_fen, each.record, dict[str, int]()

    def pay(payer: str, payee: str, amount: int) -> None:
        sums[payer] = sums.get(payer, 0) - amount
        sums[payee] = sums.get(payee, 0) + amount

    bank, acquirer, point = record.issuer, record.acquirer, f"point:{each.key.merchant}"
    if bank == acquirer:
        return {}  # in the city, and one bank: nothing is paid, of a sale neither
    if record.kind == "rural_withdrawal":
        is_new = record.opened_ms >= _NEW_CEILING_MS
        fee = _share(fen, "0.5", most=2_000) if is_new else _share(fen, "0.8", 100, 2_000)
        pay(f"cardholders:{bank}", bank, fee)
    else:
        pay(acquirer, bank, _share(fen, "0.55"))
        pay(acquirer, "network", _share(fen, "0.08"))
        pay(point, acquirer, _share(fen, "0.15"))
    return sums


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["rural_withdrawal", "sale"]),
            st.sampled_from([ACQUIRER, FIRST]),
            st.integers(1, 5_000_000),
            st.sampled_from([DAY, 20140909, 20140910, 20141231]),
            st.booleans(),
        ),
        max_size=20,
    )
)
def test_a_period_costs_what_a_clerk_works_out_by_hand(
    drawn: list[tuple[str, str, int, int, bool]],
) -> None:
    rows = []
    for number, (kind, acquirer, fen, day, is_charged) in enumerate(drawn, 1):
        side = "I1" if acquirer == FIRST else "I6" if kind == "rural_withdrawal" else "I5"
        first = "C3" if kind == "sale" else "C5" if acquirer == FIRST else "C7"
        made = row(
            number, fen, kind, clearing_day=day, acquirer=acquirer, shown_card=_SHOWN,
            fee_rules=f"{first} {side}", legs=(("ci", 7),) if is_charged else (),
        )  # fmt: skip
        at_ms = _NOON_MS + (_date(day) - _date(DAY)).days * 86_400_000
        rows.append(replace(made, record=replace(made.record, opened_ms=at_ms + number)))
    found = _found(*rows)
    expected: dict[str, int] = {}
    for each in rows:
        for account, fen in _by_hand(each).items():
            expected[account] = expected.get(account, 0) + fen
    assert (found.count, found.unquoted) == (len(rows), 0)
    assert {a: fen for a, fen in found.after.items() if fen} == {
        a: fen for a, fen in expected.items() if fen
    }
    charged = sum(7 for *_, is_charged in drawn if is_charged)
    assert found.before.get(f"cardholders:{FIRST}", 0) == -charged
