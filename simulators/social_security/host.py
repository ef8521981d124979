"""The social-security host without I/O (simulators): persons, bills and benefits behind a line.

It speaks over 金保专网 only. What it does with bills is what every host of services does.
"""

from __future__ import annotations

from typing import Final

from simulators.issuer import IssuerIdentity
from simulators.services.deeds import DONE, NOT_FOUND, Deed
from simulators.services.host import UNDO, ServiceHost, Told, yuan
from simulators.social_security.books import (
    INVALID,
    UNKNOWN_PERSON,
    Books,
    Due,
    Person,
    Purpose,
)
from simulators.wire import Heard, Wire

UNBALANCED = "95"
_SERVICES: Final = {"910000": Purpose.CONTRIBUTION, "920000": Purpose.MEDICAL}
_INSURANCE: Final = {"310": "职工医保", "342": "居民医保"}


class SocialHost(ServiceHost):
    """The host and its one line. `temper` is asked for every message but those of the line."""

    said = {  # noqa: RUF012 - a constant
        UNKNOWN_PERSON: "查无此人",
        NOT_FOUND: "无此单据",
        INVALID: "无此业务",
        "09": "单据正在处理",
        "22": "单据已取消",
        "51": "个人账户余额不足",
        "57": "未参保",
        "64": "金额与单据不符",
        "94": "单据已缴费",
        UNBALANCED: "对账不平",
    }

    def __init__(self, identity: IssuerIdentity, wire: Wire, books: Books) -> None:
        """Begin disconnected."""
        super().__init__(identity, wire, books)
        self.books = books

    def _taken(self, heard: Heard, values: dict[str, str], deed: Deed) -> str:
        code, books = heard.get(3), self.books
        if code == UNDO:
            return books.reserve(deed, None)
        due = books.dues.get(deed.bill)
        person = books.person(values.get("S2", ""), values.get("S6", ""), heard.get(2))
        if person is None:
            return UNKNOWN_PERSON
        if due is not None and due.service is not _SERVICES.get(code):
            return INVALID
        return books.reserve(deed, person)

    def _inquired(self, heard: Heard, values: dict[str, str], day: int) -> Told:  # noqa: ARG002
        books, service, bill = self.books, values.get("S1", ""), values.get("S5", "")
        if bill:
            due = books.dues.get(bill)
            if due is None or books.persons[due.person].pan != heard.get(2):
                return NOT_FOUND, {}
            return DONE, {"S5": bill, "S7": slip(due, due.paid_by)}
        person = books.person(values.get("S2", ""), values.get("S6", ""), heard.get(2))
        if person is None:
            return UNKNOWN_PERSON, {}
        if service == "QRY":
            return DONE, {"S3": person.insurance, "S7": _told(person)}
        if service == "BEN":
            return DONE, {"S7": self._benefits(person)}
        return self._to_pay(person, service)

    def _to_pay(self, person: Person, service: str) -> Told:
        if service not in {each.value for each in Purpose}:
            return INVALID, {}
        open_bill = self.books.open_bill(person, Purpose(service))
        if open_bill is None:
            return NOT_FOUND, {"S7": "无应缴单据"}
        return DONE, {"S5": open_bill.number, "S7": slip(open_bill, "")}

    def _benefits(self, person: Person) -> str:
        words = {"due": "待发放", "sent": "发放中", "paid": "已发放", "rejected": "发放失败"}
        lines = [
            f"{each.period} {each.fund} {yuan(each.amount_fen)} {words[each.status]}"
            for each in self.books.benefits.values()
            if each.person == person.number
        ]
        return "\n".join(lines) or "无待遇记录"

    def _balanced(self, heard: Heard, values: dict[str, str], day: int) -> Told:
        count, fen = self.books.totals(heard.get(41), day)
        ours = f"{count:06d}{fen:012d}"
        return DONE if ours == values.get("S8") else UNBALANCED, {"S8": ours}

    def _slip(self, due: Due, rrn: str) -> str:
        return slip(due, rrn)


def slip(due: Due, rrn: str) -> str:
    """Return the lines of a bill: what the card bears comes first."""
    lines = [f"应付 {yuan(due.card_fen)}", f"单据 {due.number}", f"期间 {due.period}"]
    if due.service is Purpose.MEDICAL:
        shares = ("总额", due.total_fen), ("统筹", due.pooled_fen), ("个人账户", due.account_fen)
        lines += [f"{name} {yuan(fen)}" for name, fen in shares]
    lines.append(f"已缴 {rrn}" if rrn else "未缴")
    return "\n".join(lines)


def _told(person: Person) -> str:
    kind = _INSURANCE.get(person.insurance, person.insurance)
    state = "正常参保" if person.is_insured else "未参保"
    return "\n".join((f"姓名 {person.name}", f"{kind} {state}", f"账户 {yuan(person.account_fen)}"))
