"""The social-security host without I/O (simulators): an interbank line, and books behind it.

It speaks over 金保专网 only. A bill is reserved (0200), confirmed (0220) and cancelled (0420); what
it does wrong is asked for per message by a `Temper`, as of a bank.
"""

from __future__ import annotations

from typing import Final

from messages.dialects.tlv import TlvError, encode_text, parse_text, text_item
from simulators.accounts import Accounts
from simulators.issuer import Issuer, IssuerIdentity, Temper
from simulators.social_security.books import (
    DONE,
    INVALID,
    NOT_FOUND,
    UNKNOWN_PERSON,
    Books,
    Deed,
    Due,
    Person,
    Purpose,
)
from simulators.wire import Heard, Wire
from switch.core.moment import Moment, local

FORMAT_ERROR, UNBALANCED = "30", "95"
_INQUIRY, _RESERVE, _TOTALS = "0100", "0200", "0500"
_UNDO = "950000"
_SERVICES: Final = {"910000": Purpose.CONTRIBUTION, "920000": Purpose.MEDICAL}
_USAGE, _CHARSET = "SS", "gbk"
_ECHOED: Final = (3, 4, 7, 11, 12, 13, 25, 32, 33, 37, 41, 42, 49, 102)
_INSURANCE: Final = {"310": "职工医保", "342": "居民医保"}
_SAID: Final = {
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
"""What the slip says of a refusal (S7)."""


class SocialHost(Issuer):
    """The host and its one line. `temper` is asked for every message but those of the line."""

    def __init__(self, identity: IssuerIdentity, wire: Wire, books: Books) -> None:
        """Begin disconnected; no account is kept here."""
        super().__init__(identity, wire, Accounts())
        self.books = books
        self.heard_words: list[tuple[str, str]] = []
        """MTI and RRN of every confirmation and cancellation."""

    def received(self, frame: bytes, at: Moment) -> list[bytes]:
        """Take a frame without its length prefix; return what is to be sent at once."""
        if frame[_MTI_AT : _MTI_AT + 4] == _TOTALS.encode():
            return self._consider(self._wire.hear(frame), at)
        return super().received(frame, at)

    def _carried_out(self, heard: Heard, temper: Temper, at: Moment) -> dict[int, str]:
        fields: dict[int, str] = {n: heard.fields[n] for n in _ECHOED if n in heard.fields}
        if temper.code:
            fields[39] = temper.code
            return fields
        values = _values(heard.get(48))
        if values is None:
            fields[39] = FORMAT_ERROR
            return fields
        fields[39], told = self._decided(heard, values, local(at.utc_ms).day)
        if fields[39] in _SAID and "S7" not in told:
            told["S7"] = _SAID[fields[39]]
        if told:
            fields[48] = _text({"S1": values.get("S1", ""), **told})
        return dict(sorted(fields.items()))

    def _decided(
        self, heard: Heard, values: dict[str, str], day: int
    ) -> tuple[str, dict[str, str]]:
        mti, rrn = heard.mti, heard.get(37)
        if mti == _INQUIRY:
            return self._inquired(heard, values)
        if mti == _TOTALS:
            return self._balanced(heard, values, day)
        if mti == _RESERVE:
            return self._reserved(heard, values, day)
        self.heard_words.append((mti, rrn))
        if mti.startswith("042"):
            return self.books.cancel(rrn), {}
        code = self.books.confirm(rrn)
        due = self.books.dues.get(values.get("S5", ""))
        return code, {"S5": due.number, "S7": slip(due, rrn)} if code == DONE and due else {}

    def _reserved(
        self, heard: Heard, values: dict[str, str], day: int
    ) -> tuple[str, dict[str, str]]:
        code, books, bill = heard.get(3), self.books, values.get("S5", "")
        deed = Deed(
            rrn=heard.get(37),
            bill=bill,
            amount_fen=int(heard.get(4) or "0"),
            terminal=heard.get(41),
            day=day,
        )
        if bill != heard.get(102):
            return FORMAT_ERROR, {}
        if code == _UNDO:
            return books.reserve(deed, None), {}
        due = books.dues.get(bill)
        person = books.person(values.get("S2", ""), values.get("S6", ""), heard.get(2))
        if person is None:
            return UNKNOWN_PERSON, {}
        if due is not None and due.service is not _SERVICES.get(code):
            return INVALID, {}
        return books.reserve(deed, person), {}

    def _inquired(self, heard: Heard, values: dict[str, str]) -> tuple[str, dict[str, str]]:
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

    def _to_pay(self, person: Person, service: str) -> tuple[str, dict[str, str]]:
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

    def _balanced(
        self, heard: Heard, values: dict[str, str], day: int
    ) -> tuple[str, dict[str, str]]:
        count, fen = self.books.totals(heard.get(41), day)
        ours = f"{count:06d}{fen:012d}"
        return DONE if ours == values.get("S8") else UNBALANCED, {"S8": ours}


_MTI_AT: Final = 46
"""The header of an interbank message takes so many bytes."""


def yuan(fen: int) -> str:
    """Return an amount as slips have it."""
    return f"{fen // 100}.{fen % 100:02d}"


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


def _values(text: str) -> dict[str, str] | None:
    if text[: len(_USAGE)] != _USAGE:
        return None
    try:
        items = parse_text(text[len(_USAGE) :].encode(_CHARSET), 2, 3)
        return {item.tag: item.value.decode(_CHARSET) for item in items}
    except (TlvError, UnicodeError):
        return None


def _text(values: dict[str, str]) -> str:
    items = [text_item(tag, text.encode(_CHARSET), 3) for tag, text in values.items() if text]
    return _USAGE + encode_text(items).decode(_CHARSET)
