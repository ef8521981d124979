"""Social services of composite terminals (simulators/conformance): judged, and answered.

A bill goes from the answer to an inquiry into one payment; the host remembers which it named, and
what became of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from messages.values import Amount
from simulators.conformance.hearing.heard import Heard
from simulators.conformance.judging.answers import Reply
from simulators.conformance.judging.recognition import original_of
from simulators.conformance.judging.station import Asked, Bill, Station
from simulators.conformance.rules.vocabulary import Judgement
from simulators.terminals.services import payload

_TYPES: Final = frozenset({"75", "76", "77", "78"})
"""DE 60.1 of the social services."""
_CLASS: Final = "64"
"""The application class of composite terminals."""
_SERVICE, _BILL, _SUMS = "62.S1", "62.S5", "62.S8"
_PERSON: Final = ("62.S2", "62.S6", "62.S4")
"""Whom an inquiry is about, and which period."""
_FEN: Final = 100
_Seen = tuple[bool, str, str]


def is_service(heard: Heard) -> bool:
    """Tell whether a message is a request of a social service."""
    return heard.kind != "reversal" and heard.social is not None


# -------------------------------------------------------------------------------------- judgements


def judge_services(station: Station, heard: Heard, *, is_composite: bool) -> Iterator[Judgement]:
    """Judge who asks for a service, what for, of which bill, and what is said of the day."""
    kind, cls = heard.get("60.1"), heard.heads.get("header", {}).get("application_class", "")
    ok = kind not in _TYPES or (is_composite and cls == _CLASS)
    expected = f"a composite terminal, application class {_CLASS}"
    yield heard.judge("service-class", "60.1", ok=ok, expected=expected, found=f"{kind}, {cls}")
    social = heard.social
    if heard.kind == "reversal":
        return
    if heard.transaction == "social_void":
        yield from _void(station, heard)
    if social is None:
        return
    service = heard.texts.get(_SERVICE)
    if service is not None:
        ok = service in social.services
        yield heard.judge("service-code", _SERVICE, ok=ok, expected=" or ".join(social.services))
    if social.leg == "payment":
        yield from _payment(station, heard)
    elif social.leg == "reconciliation":
        yield from _sums(station, heard)
    elif _BILL not in heard.texts:
        yield from _nothing_open(station, heard)


def _payment(station: Station, heard: Heard) -> Iterator[Judgement]:
    yield from _nothing_open(station, heard)
    number = heard.get(_BILL)
    if not number:
        return
    bill = station.bills.get(number)
    seen = (bill is not None, "a bill that an inquiry was answered with", number)
    yield _said(heard, "carried", _BILL, seen)
    if bill is None:
        return
    # The same request once more is a matter of its STAN.
    ok = bill.paid in {"", heard.get("11")}
    yield _said(heard, "once", _BILL, (ok, "a bill that is not paid", number))
    for path, text in bill.person.items():
        if path in heard.texts:
            seen = (heard.get(path) == text, "whom the inquiry of this bill was about", "another")
            yield _said(heard, "person", path, seen)
    wanted = f"{bill.to_pay_fen:012d}"
    yield _said(heard, "amount", "4", (heard.get("4") == wanted, wanted, heard.get("4")))


def _nothing_open(station: Station, heard: Heard) -> Iterator[Judgement]:
    """Judge whether a payment whose answer never came was reversed before anything new."""
    is_open = any(not o.tries and o.asked.heard.social is not None for o in station.open_debts())
    seen = (not is_open, "the reversal of the payment before", f"MTI {heard.mti}")
    yield _said(heard, "in-doubt", "60.1", seen)


def _void(station: Station, heard: Heard) -> Iterator[Judgement]:
    original = original_of(station, heard)
    numbers = {bill.paid for bill in station.bills.values()}
    if original is None or original.stan not in numbers:
        return
    for path, text in (("61.2", original.stan), ("37", original.rrn)):
        yield _said(heard, "void", path, (heard.get(path) == text, text, heard.get(path)))


def _sums(station: Station, heard: Heard) -> Iterator[Judgement]:
    if _SUMS not in heard.texts:
        return
    paid = [bill for bill in station.bills.values() if bill.paid]
    wanted = f"{len(paid):06d}{sum(bill.paid_fen for bill in paid):012d}"
    ok, found = heard.get(_SUMS) == wanted, heard.get(_SUMS)
    yield _said(heard, "sums", _SUMS, (ok, wanted, found), check="service-sums")


def _said(heard: Heard, cause: str, path: str, seen: _Seen, *, check: str = "bill") -> Judgement:
    ok, expected, found = seen
    return Judgement(
        check=check,
        ok=ok,
        about={"cause": cause, "transaction": heard.transaction, "field": path},
        field=path,
        offset=-1 if ok else heard.at(path),
        expected="" if ok else expected,
        found="" if ok else found,
    )


# ----------------------------------------------------------------------------------------- answers


def serve(station: Station, asked: Asked, reply: Reply) -> None:
    """Put into an answer what the service tells: the bill, what is to be paid, lines for a slip."""
    heard = asked.heard
    social, number = heard.social, heard.get(_BILL)
    tags = {"S1": heard.get(_SERVICE), "S5": number, "S7": "受理"}
    if social is None:
        return
    if asked.code != "00":
        tags["S7"] = "不予受理"
    elif social.leg == "payment":
        _pay(station, asked, number)
        tags["S7"] = "已缴"
    elif asked.answer.bill:
        fen = asked.answer.to_pay_yuan * _FEN
        person = {path: heard.get(path) for path in _PERSON if path in heard.texts}
        bill = Bill(number=asked.answer.bill, to_pay_fen=fen, person=person)
        station.bills.setdefault(bill.number, bill)
        tags |= {"S5": bill.number, "S7": f"应付 {Amount(fen)}"}
    elif number:
        bill_asked = station.bills.get(number)
        tags["S7"] = "已缴" if bill_asked is not None and bill_asked.paid else "未缴"
    reply.fields[62] = payload(tags)
    reply.fields = dict(sorted(reply.fields.items()))


def _pay(station: Station, asked: Asked, number: str) -> None:
    """Take a bill for paid, also where the answer never arrives: then a reversal undoes it."""
    amount = asked.heard.get("4")
    fen = int(amount) if amount.isdigit() else 0
    bill = station.bills.setdefault(number, Bill(number=number, to_pay_fen=fen))
    bill.paid, bill.paid_fen = asked.stan, fen


def unpay(station: Station, stan: str) -> None:
    """Take back the payment with this STAN, after its reversal or void."""
    for bill in station.bills.values():
        if bill.paid == stan:
            bill.paid = ""
