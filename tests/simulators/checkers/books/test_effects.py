"""What a transaction did to its account, from the rows of the ledger."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from simulators.checkers.books.effects import KINDS, PAID_OUT, effect_fen, priced_as
from simulators.installation import Size, configuration
from switch.core.operations import Row, Taking
from switch.core.transaction import State
from tests.simulators import recording


def _row(kind: str, stan: int, fen: int, fee_fen: int = 0, of: Row | None = None) -> Row:
    row = recording.row(State.APPROVED, stan)
    record = replace(row.record, kind=kind, amount_fen=fen, fee_fen=fee_fen)
    return replace(row, record=record, taking=Taking(of.key, fen) if of is not None else None)


_AUTHORISED = _row("pre_authorisation", 1, 10_000, 7)
_COMPLETED = _row("completion", 2, 11_000, 9, _AUTHORISED)


@pytest.mark.parametrize(
    ("row", "fen"),
    [
        (_AUTHORISED, -10_007),
        (_COMPLETED, 10_007 - 11_009),
        (_row("completion_void", 3, 11_000, -9, _COMPLETED), 11_009 - 10_007),
        (_row("pre_authorisation_void", 4, 10_000, -7, _AUTHORISED), 10_007),
        (_row("refund", 5, 4_000, -3, _COMPLETED), 4_003),
        (_row("bill_payment", 6, 500, 30), -530),
        (_row("social_balance_inquiry", 7, 0), 0),
    ],
)
def test_what_each_kind_does(row: Row, fen: int) -> None:
    rows = {each.key: each for each in (_AUTHORISED, _COMPLETED, row)}
    assert effect_fen(row, rows) == fen


def test_what_nobody_knows_is_an_error_and_not_nothing() -> None:
    row = _row("lottery", 1, 500)
    with pytest.raises(KeyError, match="lottery"):
        effect_fen(row, {row.key: row})
    with pytest.raises(ValueError, match="of nothing"):
        effect_fen(_row("social_void", 1, 500), {})


def test_the_tables_call_a_kind_what_the_dialects_say() -> None:
    dialects = configuration(Size(social=True)).terminal_dialects
    rules = [rule for dialect in dialects for rule in dialect.transactions]
    named = {rule.id: rule.business.fee for rule in rules if rule.business is not None}
    legs = {
        f"{kind}_{leg}": name
        for kind, name in (("transfer", "transfer"), ("cash_remittance", "remittance"))
        for leg in ("debit", "credit")
    }
    unasked = legs.keys() | PAID_OUT  # which no terminal asks for
    assert {kind: name for kind, (name, _) in KINDS.items() if kind not in unasked} == {
        kind: fee for kind, fee in named.items() if kind in KINDS
    }
    assert {leg: KINDS[leg][0] for leg in legs} == legs
    assert {fund.kind for fund in configuration(Size(social=True)).funds.values()} == PAID_OUT
    assert priced_as(_AUTHORISED.record) == "preauthorisation"
