"""What the ledger keeps of a transfer and its legs: the fee once, no message of the parent."""

from __future__ import annotations

from msgspec.structs import replace

from fees.quote import Tariffs
from fees.tariff import Step, make_price
from switch.config.tariffs import packaged_tariffs
from tests.switch.core.stage.moving import Books, counter, rows, send

_PACKAGED = packaged_tariffs()


def _charging() -> Tariffs:
    """Return the packaged set with a price of transfers: 0.3 % and a fen."""
    bank = _PACKAGED.banks["*"][0]
    price = make_price([Step(rate_ppm=3_000, fixed_fen=1)])
    made = replace(bank, as_issuer={**bank.as_issuer, "transfer": price})
    return Tariffs(_PACKAGED.matrix, _PACKAGED.national, {"*": (made,)})


def test_the_fee_is_told_by_the_transfer_and_paid_by_the_debit() -> None:
    books = Books()
    stage = counter(books, tariffs=_charging())
    send(stage)
    parent, debit, credit = rows(stage)
    assert parent is not None
    assert debit is not None
    assert credit is not None
    assert [row.record.fee_fen for row in (parent, debit, credit)] == [151, 151, 0]
    assert [bool(row.record.legs) for row in (parent, debit, credit)] == [False, True, False]
    assert [fields.get(28) for fields in stage.requests()] == ["D00000151", None]
    assert books.moved == (-50_151, 50_000)


def test_a_transfer_itself_keeps_no_card_and_no_message() -> None:
    stage = counter()
    send(stage)
    parent, _, credit = rows(stage)
    assert parent is not None
    assert credit is not None
    assert (parent.record.sealed, parent.record.link, parent.record.link_stan) == (b"", "", "")
    assert credit.record.shown_card != parent.record.shown_card
