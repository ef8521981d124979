"""Orders to a terminal that works by a list (simulators): one JSON object each, made into a job.

Cards are named by their number in the test set-up, and an earlier transaction by its slip's RRN.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from simulators.cards import Card, fictional_card
from simulators.requests import CHANNELS
from simulators.social_security.sample import contribution, person_of, treatment
from simulators.terminal_memory import Entry, Job, Kind, Memory, Result, Slip, Verdict
from simulators.terminals.services import INQUIRIES, PAYMENTS, PURCHASES, payload, to_pay_fen

_FEN: Final = 100
_CARD_JOBS: Final = (
    {Kind.WITHDRAWAL, Kind.BALANCE, Kind.SALE, Kind.PAYMENT, Kind.VOID, Kind.REFUND}
    | {Kind.AUTHORISATION, Kind.AUTHORISATION_VOID, Kind.COMPLETION, Kind.COMPLETION_VOID}
    | {Kind.COMPLETION_ADVICE, Kind.TRANSFER, Kind.REMITTANCE}
    | INQUIRIES
    | PAYMENTS
)
_ORDERED, _PAID = 2, 3
"""Steps of a purchase that are done by then."""
_PAYEE_JOBS: Final = {Kind.TRANSFER, Kind.REMITTANCE}
_ANY: Final = frozenset(Kind)
_OF_A_SLIP: Final = {
    Kind.VOID: _ANY,
    Kind.REFUND: _ANY,
    Kind.COMPLETION: {Kind.AUTHORISATION},
    Kind.COMPLETION_ADVICE: {Kind.AUTHORISATION},
    Kind.AUTHORISATION_VOID: {Kind.AUTHORISATION},
    Kind.COMPLETION_VOID: {Kind.COMPLETION},
}
"""What is about an earlier transaction, and of which kinds that is."""
_SERVICES: Final = {
    Kind.SOCIAL_INQUIRY: "QRY",
    Kind.CONTRIBUTION: "PAY",
    Kind.MEDICAL: "FEE",
    Kind.BENEFIT_INQUIRY: "BEN",
}
"""S1 of a social service."""
_SOLD: Final = {"BND": Kind.BOND, "WLT": Kind.WEALTH, "RMT": Kind.REMOTE_PURCHASE}
"""P1 of an order, and what pays it."""
_STEPS: Final = PURCHASES | {Kind.PRODUCT_INQUIRY}


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One order: connect `to` HOST:PORT, or do a job; `card` and `payee` are fictional ones.

    What is about an earlier transaction is of the newest slip that fits, or of that with `rrn`.
    """

    do: Literal[
        "connect",
        "sign_on",
        "sign_off",
        "echo",
        "balance",
        "withdrawal",
        "sale",
        "payment",
        "transfer",
        "remittance",
        "authorisation",
        "authorisation_void",
        "completion",
        "completion_advice",
        "completion_void",
        "social_inquiry",
        "contribution",
        "medical",
        "benefit_inquiry",
        "reconciliation",
        "purchase",
        "void",
        "refund",
        "reversal",
        "settlement",
        "hang_up",
    ]
    to: str = ""
    terminal: str = ""
    """Which one, where there are several: DE 41. The first without it."""
    card: int = 0
    payee: int = 1
    yuan: int = 0
    rrn: str = ""
    product: str = ""
    units: int = 1
    """What a purchase orders: the list is asked for first, the result last."""
    entry: Entry = Entry.CHIP
    channel: Literal["", "atm", "branch", "netbank"] = ""
    wrong_pin: bool = False
    is_tampered: bool = False
    """One bit of the request is changed on the line."""


def next_of(order: Order, done: Sequence[Result], memory: Memory) -> Job | None:
    """Return what an order wants after its results so far; None where it is done.

    ValueError as `job_of` has it.
    """
    if order.do == "purchase":
        return _purchase(order, [each for each in done if each.kind in _STEPS])
    return None if done else job_of(order, memory)


def _purchase(order: Order, done: Sequence[Result]) -> Job | None:
    """Return the next step of a purchase: list, order, payment, result."""
    card, last = _card(order), done[-1] if done else None
    tags = {"S1": "LST"}
    if last is not None:
        if last.verdict is not Verdict.APPROVED:
            return None
        tags = {"S1": "ORD", "P2": order.product, "P3": str(order.units)}
    if len(done) == _ORDERED:
        number, fen = done[-1].told.get("S5", ""), to_pay_fen(done[-1].told)
        sort = done[-1].told.get("P1", "")
        if sort not in _SOLD or fen is None:
            return None
        content = payload({"S1": sort, "S5": number})
        return Job(kind=_SOLD[sort], card=card, amount_fen=fen, content=content)
    if len(done) == _PAID:
        tags = {"S1": "RES", "S5": done[_ORDERED - 1].told.get("S5", "")}
    elif len(done) > _PAID:
        return None
    return Job(kind=Kind.PRODUCT_INQUIRY, card=card, content=payload(tags))


def job_of(order: Order, memory: Memory) -> Job:
    """Return the job of an order; ValueError where it is about a slip that there is not."""
    kind = Kind(order.do)
    is_paid = kind in _PAYEE_JOBS
    if is_paid and order.payee == order.card:
        raise ValueError(f"a {kind} needs a payee that is another card")
    return Job(
        kind=kind,
        card=_card(order) if kind in _CARD_JOBS else None,
        amount_fen=order.yuan * _FEN,
        of=_slip(kind, order.rrn, memory) if kind in _OF_A_SLIP else None,
        content=_content(kind, order.card),
        payee=fictional_card(order.payee) if is_paid else None,
        channel=order.channel if order.channel in CHANNELS else "",
        entry=order.entry,
    )


def _slip(kind: Kind, rrn: str, memory: Memory) -> Slip:
    fitting = _OF_A_SLIP[kind]
    for slip in reversed(memory.slips):
        if slip.rrn == rrn if rrn else slip.kind in fitting:
            return slip
    named = f" with RRN {rrn}" if rrn else ""
    raise ValueError(f"a {kind} needs a slip{named}, and there is none")


def _content(kind: Kind, card: int) -> str:
    """Return field 62 of a social service of a test card's person; empty for all else."""
    if kind not in _SERVICES:
        return ""
    bill = {Kind.CONTRIBUTION: contribution(card), Kind.MEDICAL: treatment(card)}.get(kind, "")
    return payload({"S1": _SERVICES[kind], "S5": bill, "S6": person_of(card).number})


def _card(order: Order) -> Card:
    card = fictional_card(order.card, signs=True)
    return replace(card, pin=card.pin[::-1]) if order.wrong_pin else card
