"""三(三): a list, an order, its payment and its result, with the two legs of every service."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from routing.links import LinkClass
from switch.core.configuration import Issuer
from switch.core.rules import Rule
from tests.switch.core.social.buying import CODES, PRODUCTS, Counter
from tests.switch.core.stage import approve, mute, saying, silent

_LONG_MS = 600_000
KINDS = pytest.mark.parametrize("sort", list(PRODUCTS))


def test_a_list_is_told_whole_or_of_one_kind() -> None:
    counter = Counter()
    counter.serve("products", "000002", None, S1="LST", S6="")
    assert counter.code == "00"
    assert len(counter.tags()["S7"].splitlines()) == 6
    counter.serve("products", "000003", None, S1="LST", P1="WLT", S6="")
    assert [line[:6] for line in counter.tags()["S7"].splitlines()] == ["LC0090", "LC0180"]


@KINDS
def test_an_order_is_paid_by_card_and_its_result_can_be_asked_for(sort: str) -> None:
    counter = Counter()
    order = counter.order(sort, 2)
    assert counter.tags()["S7"].splitlines()[-1] == "未支付"
    counter.buy(order)
    assert counter.code == "00"
    row = counter.row("000003")
    assert counter.legs() == ("APPROVED", "CONFIRMED")
    assert (row.bill.link, row.bill.service) == ("products", sort)  # type: ignore[union-attr]
    assert row.record.amount_fen == order.card_fen
    assert int(counter.requests()[-1][4]) == order.card_fen
    assert order.paid_by == row.record.rrn
    assert Rule.ROUTE_PRODUCTS in row.record.trace
    counter.serve("products", "000004", None, S1="RES", S5=order.number, S6="")
    assert counter.tags()["S7"].splitlines()[-1] == f"已支付 {row.record.rrn}"
    counter.serve("products", "000005", None, S1="RES", S6="")
    assert counter.tags()["S7"].endswith("已支付")


def test_units_are_taken_with_the_reservation_and_given_back() -> None:
    counter = Counter(saying("51"))
    product = counter.seller.shelf.products["GZ1403"]
    order = counter.order("BND", 3)
    counter.buy(order)
    assert counter.code == "51"
    assert counter.legs() == ("DECLINED", "CANCELLED")
    assert (product.left, order.reserved_by, order.paid_by) == (500, "", "")
    counter.issue = approve
    counter.buy(order, "000004")
    assert counter.code == "00"
    assert product.left == 497


def test_an_unknown_debit_is_reversed_before_its_order_is_cancelled() -> None:
    counter = Counter(mute)
    order = counter.order("WLT")
    counter.buy(order)
    counter.pass_time(46_000)
    assert counter.code == "98"
    assert counter.legs() == ("IN_DOUBT", "RESERVING")
    counter.issue = approve
    counter.pass_time(_LONG_MS)
    assert counter.reversals()
    assert counter.legs() == ("REVERSED", "CANCELLED")
    assert not order.reserved_by


def test_an_unknown_confirmation_is_repeated_by_order_number() -> None:
    counter = Counter()
    order = counter.order("BND")
    counter.trouble("022", ignores=True)
    counter.buy(order)
    counter.pass_time(9_000)
    assert counter.code == "00"
    assert counter.legs() == ("APPROVED", "CONFIRMING")
    counter.trouble("none")
    counter.pass_time(_LONG_MS)
    assert counter.legs() == ("APPROVED", "CONFIRMED")
    assert order.paid_by == counter.row("000003").record.rrn


@pytest.mark.parametrize(
    ("fen", "number", "code", "said"),
    [(9_999, None, "64", "金额与订单不符"), (10_000, "P404", "25", "无此产品或订单")],
)
def test_what_the_product_host_refuses_debits_nobody(
    fen: int, number: str | None, code: str, said: str
) -> None:
    counter = Counter()
    order = counter.order("BND")
    asked = counter.requests()
    counter.serve("bond", "000003", fen, S1="BND", S5=number or order.number, S6="")
    assert (counter.code, counter.tags()["S7"]) == (code, said)
    assert counter.legs() == ("UNSENT", "CANCELLED")
    assert counter.requests() == asked


def test_the_payment_of_another_kind_does_not_pay_an_order() -> None:
    counter = Counter()
    order = counter.order("BND")
    counter.serve("remote", "000003", order.card_fen, S1="RMT", S5=order.number, S6="")
    assert counter.code == "25"
    counter.serve("remote", "000004", order.card_fen, S1="BND", S5=order.number, S6="")
    assert counter.code == "30"


def test_a_remote_purchase_is_voided_and_a_bond_is_not() -> None:
    counter = Counter()
    order = counter.order("RMT")
    counter.buy(order)
    counter.void("000004", "000003")
    assert counter.code == "00"
    assert counter.legs("000004") == ("APPROVED", "CONFIRMED")
    assert not order.paid_by
    bond = counter.order("BND", stan="000005")
    counter.buy(bond, "000006")
    counter.void("000007", "000006")
    assert (counter.code, counter.tags()["S7"]) == ("57", "该产品不可撤销")
    assert bond.paid_by == counter.row("000006").record.rrn


def test_a_reversal_undoes_both_legs() -> None:
    counter = Counter()
    order = counter.order("WLT")
    counter.buy(order)
    counter.reverse_payment("000003", order.card_fen, CODES["WLT"], "82")
    assert counter.code == "00"
    counter.pass_time(_LONG_MS)
    assert counter.legs() == ("REVERSED", "CANCELLED")
    assert not order.paid_by


def test_without_its_line_nothing_is_begun_whatever_the_other_host_s_line_does() -> None:
    counter = Counter()
    order = counter.order("BND")
    counter.disconnect_host()
    counter.buy(order)
    assert counter.code == "00"
    other = counter.order("BND", stan="000004")
    counter.disconnect_seller()
    counter.buy(other, "000005")
    assert counter.code == "91"
    assert len([row for row in counter.rows() if row.bill is not None]) == 1


def test_the_host_is_reached_over_the_classes_that_the_acquirer_registered() -> None:
    counter = Counter()
    (acquirer,) = counter.configuration.acquirers
    way = counter.configuration.routes.service_way("products", acquirer)
    assert [each.link_class for each in way.candidates] == [LinkClass.BANK]
    counter.reconfigure(product_host=Issuer(id="99970000", name="Products", links=("social",)))
    counter.serve("products", "000002", None, S1="LST", S6="")
    assert counter.code == "92"


def test_without_a_registry_only_a_terminal_that_names_it_sells_products() -> None:
    counter = Counter()
    usual = counter.configuration.terminals.items()
    counter.reconfigure(terminals={key: replace(each, transactions=None) for key, each in usual})
    counter.serve("products", "000002", None, S1="LST", S6="")
    assert counter.code == "40"
    assert counter.report("declined")["transaction"] == "product_inquiry"


@pytest.mark.parametrize("steps", range(12))
@pytest.mark.parametrize("bank", [approve, saying("51"), silent])
def test_a_crash_between_any_two_steps_is_taken_up(steps: int, bank: object) -> None:
    counter = Counter()
    order = counter.order("BND")
    counter.issue = bank  # type: ignore[assignment]
    counter.stall()
    counter.buy(order)
    for _ in range(steps):
        if counter.waiting:
            counter.decide()
    counter.is_stalled = False
    counter.pass_time(11_000)
    counter.start()
    counter.issue = approve if bank is not silent else silent
    counter.pass_time(_LONG_MS)
    assert not order.reserved_by
    for row in counter.rows():
        if row.bill is None:
            continue
        paid = order.paid_by == row.record.rrn
        assert (row.state.name, row.bill.state.name, paid) in {
            ("APPROVED", "CONFIRMED", True),
            ("DECLINED", "CANCELLED", False),
            ("UNSENT", "CANCELLED", False),
            ("REVERSED", "CANCELLED", False),
        }
        assert (counter.seller.shelf.products["GZ1403"].left == 500) is not paid
