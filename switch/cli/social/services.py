"""Verbs of `jinbao terminal` for social services (switch/cli): ask, pay, settle, reconcile.

The person is that of the test card. What is to be paid is asked for first, unless a bill is named.
"""

from __future__ import annotations

from typing import Annotated, Final

import typer

from simulators.social_security.sample import person_of
from simulators.terminal_memory import Job, Kind, Result, Verdict
from simulators.terminals.services import payload, to_pay_fen
from switch.cli.outcome import stop
from switch.cli.simulating.doing import (
    CardNumber,
    Setting,
    WrongPin,
    do,
    tell,
    terminal_verb,
    used_card,
)

_LONGEST_BILL = 28
BillNumber = Annotated[
    str, typer.Option("--bill", metavar="BILL", help="The bill's number; else the first due.")
]
BillFen = Annotated[
    int | None,
    typer.Option("--fen", min=0, help="What the card pays; else what the inquiry says."),
]
Identity = Annotated[
    str, typer.Option("--person", metavar="NUMBER", help="AAC001; else that of the card.")
]


@terminal_verb
def inquire(
    given: Setting, *, card: CardNumber = 0, bill: BillNumber = "", person: Identity = ""
) -> None:
    """Ask for a cardholder's social security (信息查询), or what became of a bill: the slip again.

    \b
    Examples:
      jinbao terminal inquire 127.0.0.1:8583 --card 3
      jinbao terminal inquire 127.0.0.1:8583 --card 3 --bill C0000000032026
    """  # noqa: D301 - \b keeps the lines of the examples apart
    tell(given, do(given, _inquiry(Kind.SOCIAL_INQUIRY, "QRY", card, bill, person)))


@terminal_verb
def benefits(given: Setting, *, card: CardNumber = 0, person: Identity = "") -> None:
    """Ask how the pay-outs of benefits stand (待遇发放查询).

    \b
    Example:
      jinbao terminal benefits 127.0.0.1:8583 --card 3
    """  # noqa: D301 - \b keeps the lines of the examples apart
    tell(given, do(given, _inquiry(Kind.BENEFIT_INQUIRY, "BEN", card, "", person)))


@terminal_verb
def contribute(
    given: Setting,
    *,
    card: CardNumber = 0,
    bill: BillNumber = "",
    fen: BillFen = None,
    person: Identity = "",
    wrong_pin: WrongPin = False,
) -> None:
    """Pay a social-security contribution (社保费缴纳): the bill is asked for, then paid.

    \b
    Examples:
      jinbao terminal contribute 127.0.0.1:8583 --card 3
      jinbao terminal contribute 127.0.0.1:8583 --card 3 --bill C0000000032026 --fen 12000
    """  # noqa: D301 - \b keeps the lines of the examples apart
    service = _Paying(Kind.CONTRIBUTION, "PAY", card, person or person_of(card).number)
    service.run(given, bill, fen, wrong_pin=wrong_pin)


@terminal_verb
def medical(
    given: Setting,
    *,
    card: CardNumber = 0,
    bill: BillNumber = "",
    fen: BillFen = None,
    person: Identity = "",
    wrong_pin: WrongPin = False,
) -> None:
    """Settle a medical bill (费用结算): funds bear their shares, the card pays what is left.

    \b
    Examples:
      jinbao terminal medical 127.0.0.1:8583 --card 3
      jinbao terminal medical 127.0.0.1:8583 --card 3 --bill M0000000030002 --fen 0
    """  # noqa: D301 - \b keeps the lines of the examples apart
    service = _Paying(Kind.MEDICAL, "FEE", card, person or person_of(card).number)
    service.run(given, bill, fen, wrong_pin=wrong_pin)


@terminal_verb
def reconcile(
    given: Setting,
    *,
    count: Annotated[int, typer.Option(min=0, max=999_999, help="Payments of the day.")],
    fen: Annotated[int, typer.Option(min=0, max=10**12 - 1, help="Their sum in fen.")],
) -> None:
    """Compare a day's social payments of this terminal with the host's (社保对账).

    \b
    Example:
      jinbao terminal reconcile 127.0.0.1:8583 --count 1 --fen 12000
    """  # noqa: D301 - \b keeps the lines of the examples apart
    content = payload({"S1": "REC", "S8": f"{count:06d}{fen:012d}"})
    sign_on = Job(kind=Kind.SIGN_ON)
    tell(given, do(given, sign_on, Job(kind=Kind.RECONCILIATION, content=content)))


SERVING: Final = (inquire, contribute, medical, benefits, reconcile)
"""The verbs, in the order of the help."""


class _Paying:
    """One payment of a person: the bill is asked for, then paid."""

    def __init__(self, kind: Kind, code: str, card: int, person: str) -> None:
        self._kind = kind
        self._code = code
        self._card = card
        self._person = person

    def run(self, given: Setting, bill: str, fen: int | None, *, wrong_pin: bool) -> None:
        """Do it, and tell how everything ended."""
        reversal = Job(kind=Kind.REVERSAL)
        if bill:
            if fen is None:
                stop("--bill needs --fen: what the card pays of it")
            job = self._payment(_checked(bill), fen, wrong_pin=wrong_pin)
            tell(given, do(given, job, reversal))
            return
        asked = _inquiry(Kind.SOCIAL_INQUIRY, self._code, self._card, "", self._person)

        def then(results: list[Result]) -> tuple[Job, ...]:
            told = results[-1].told
            due_fen = to_pay_fen(told)
            if results[-1].verdict is not Verdict.APPROVED or due_fen is None:
                return ()
            paid_fen = due_fen if fen is None else fen
            return self._payment(told.get("S5", ""), paid_fen, wrong_pin=wrong_pin), reversal

        tell(given, do(given, asked, then=then))

    def _payment(self, bill: str, fen: int, *, wrong_pin: bool) -> Job:
        tags = {"S1": self._code, "S5": bill, "S6": self._person}
        used = used_card(self._card, wrong_pin=wrong_pin)
        return Job(kind=self._kind, card=used, amount_fen=fen, content=payload(tags))


def _inquiry(kind: Kind, service: str, card: int, bill: str, person: str) -> Job:
    tags = {"S1": service, "S5": _checked(bill), "S6": person or person_of(card).number}
    return Job(kind=kind, card=used_card(card, wrong_pin=False), content=payload(tags))


def _checked(bill: str) -> str:
    """Refuse what is no number of a bill."""
    if bill and not (bill.isascii() and bill.isalnum() and len(bill) <= _LONGEST_BILL):
        stop(f"--bill {bill!r}: should be at most {_LONGEST_BILL} letters or digits")
    return bill
