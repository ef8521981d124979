"""Orders: the same for an RRN however often it asks, and never more units than there are."""

from __future__ import annotations

from msgspec.structs import replace

from simulators.products.books import FINAL, SOLD_OUT, Order, Shelf, Sort
from simulators.products.sample import sample_shelf
from simulators.services.deeds import DONE, NOT_FOUND, WRONG_AMOUNT, Deed

PAN = "6219991234567890120"


def _order(shelf: Shelf, units: int = 1, product: str = "YC0001", rrn: str = "1") -> Order:
    made = shelf.order(rrn, PAN, product, units)
    assert isinstance(made, Order)
    return made


def _deed(order: Order, rrn: str, fen: int | None = None) -> Deed:
    paid = order.card_fen if fen is None else fen
    return Deed(rrn=rrn, bill=order.number, amount_fen=paid, terminal="50010001", day=20170101)


def test_an_order_is_taken_once_and_costs_its_units() -> None:
    shelf = sample_shelf()
    order = _order(shelf, 3)
    assert order.card_fen == 3 * 12_800
    assert _order(shelf, 9) is order
    assert shelf.order("2", PAN, "NOTHING", 1) == NOT_FOUND
    assert shelf.order("3", PAN, "YC0001", 0) == NOT_FOUND
    assert shelf.order("4", PAN, "YC0001", 101) == SOLD_OUT
    assert PAN not in repr(order) + repr(shelf)


def test_units_go_with_the_reservation_and_come_back() -> None:
    shelf = sample_shelf()
    first, second = _order(shelf, 60), _order(shelf, 60, rrn="2")
    assert shelf.reserve(_deed(first, "10"), PAN, Sort.REMOTE) == DONE
    assert shelf.products["YC0001"].left == 40
    assert shelf.reserve(_deed(second, "11"), PAN, Sort.REMOTE) == SOLD_OUT
    shelf.cancel("10")
    assert shelf.reserve(_deed(second, "12"), PAN, Sort.REMOTE) == DONE


def test_an_order_is_paid_by_its_card_as_what_it_is_and_in_full() -> None:
    shelf = sample_shelf()
    order = _order(shelf)
    assert shelf.reserve(_deed(order, "10"), "6219990000000000000", Sort.REMOTE) == NOT_FOUND
    assert shelf.reserve(_deed(order, "11"), PAN, Sort.BOND) == NOT_FOUND
    assert shelf.reserve(_deed(order, "12", 1), PAN, Sort.REMOTE) == WRONG_AMOUNT


def test_a_bond_is_final() -> None:
    shelf = sample_shelf()
    for product, sort, code in (("GZ1403", Sort.BOND, FINAL), ("YC0001", Sort.REMOTE, DONE)):
        order = _order(shelf, 1, product, product)
        shelf.reserve(_deed(order, f"{product}1"), PAN, sort)
        shelf.confirm(f"{product}1")
        void = replace(_deed(order, f"{product}2"), undoes=f"{product}1")
        assert shelf.reserve(void, PAN, None) == code
