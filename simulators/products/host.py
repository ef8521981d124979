"""The product host without I/O (simulators): a list, orders, their payment and its result.

Bonds, wealth products and remote purchases differ by their data alone. What it does with an order
is what every host of services does with a bill.
"""

from __future__ import annotations

from typing import Final

from simulators.issuer import IssuerIdentity
from simulators.products.books import FINAL, SOLD_OUT, Order, Shelf, Sort
from simulators.services.deeds import DONE, NOT_FOUND, Deed
from simulators.services.host import FORMAT_ERROR, UNDO, ServiceHost, Told, yuan
from simulators.wire import Heard, Wire

INVALID: Final = "12"
_SORTS: Final = {"961000": Sort.BOND, "962000": Sort.WEALTH, "963000": Sort.REMOTE}
_MOST_LINES: Final = 8
"""Lines of a list: what an answer has room for."""


class ProductHost(ServiceHost):
    """The host and its line. `temper` is asked for every message but those of the line."""

    said = {  # noqa: RUF012 - a constant
        "09": "订单正在处理",
        INVALID: "无此业务",
        "22": "订单已取消",
        NOT_FOUND: "无此产品或订单",
        FINAL: "该产品不可撤销",
        SOLD_OUT: "剩余额度不足",
        "64": "金额与订单不符",
        "94": "订单已支付",
    }

    def __init__(self, identity: IssuerIdentity, wire: Wire, shelf: Shelf) -> None:
        """Begin disconnected."""
        super().__init__(identity, wire, shelf)
        self.shelf = shelf

    def _inquired(self, heard: Heard, values: dict[str, str], day: int) -> Told:  # noqa: ARG002
        service = values.get("S1", "")
        if service == "LST":
            return self._listed(values.get("P1", ""))
        if service == "ORD":
            return self._ordered(heard, values)
        if service == "RES":
            return self._told(heard.get(2), values.get("S5", ""))
        return INVALID, {}

    def _listed(self, sort: str) -> Told:
        lines = [
            f"{each.id} {each.sort} {each.name} {yuan(each.unit_fen)} 余{each.left}"
            for each in self.shelf.products.values()
            if sort in {"", each.sort}
        ]
        return (DONE, {"S7": "\n".join(lines[:_MOST_LINES])}) if lines else (NOT_FOUND, {})

    def _ordered(self, heard: Heard, values: dict[str, str]) -> Told:
        units = values.get("P3") or "1"
        if not (units.isascii() and units.isdigit()):
            return FORMAT_ERROR, {}
        made = self.shelf.order(heard.get(37), heard.get(2), values.get("P2", ""), int(units))
        if isinstance(made, str):
            return made, {}
        return DONE, {"P1": made.sort, "S5": made.number, "S7": self._slip(made, "")}

    def _told(self, pan: str, number: str) -> Told:
        orders = [each for each in self.shelf.dues.values() if each.pan == pan]
        if not number:
            lines = [f"{each.number} {yuan(each.card_fen)} {_state(each)}" for each in orders]
            return DONE, {"S7": "\n".join(lines[-_MOST_LINES:]) or "无订单"}
        found = next((each for each in orders if each.number == number), None)
        if found is None:
            return NOT_FOUND, {}
        return DONE, {
            "P1": found.sort, "S5": number, "S7": self._slip(found, found.paid_by),
        }  # fmt: skip

    def _taken(self, heard: Heard, values: dict[str, str], deed: Deed) -> str:  # noqa: ARG002
        code = heard.get(3)
        if code == UNDO:
            return self.shelf.reserve(deed, heard.get(2), None)
        sort = _SORTS.get(code)
        return INVALID if sort is None else self.shelf.reserve(deed, heard.get(2), sort)

    def _balanced(self, heard: Heard, values: dict[str, str], day: int) -> Told:  # noqa: ARG002
        return INVALID, {}

    def _slip(self, due: Order, rrn: str) -> str:
        name = self.shelf.products[due.product].name
        lines = [f"应付 {yuan(due.card_fen)}", f"订单 {due.number}", f"{name} ×{due.units}"]
        lines.append(f"已支付 {rrn}" if rrn else "未支付")
        return "\n".join(lines)


def _state(order: Order) -> str:
    return "已支付" if order.paid_by else "未支付"
