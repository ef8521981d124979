"""What a terminal makes of an answer (simulators): is it one, is it taken, what is printed.

Nothing here changes the terminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from messages.values import Amount, response_mti
from simulators.cards import card_accepts
from simulators.terminal_memory import (
    Job,
    Kind,
    Owed,
    Result,
    Slip,
    Telling,
    Uploaded,
    Verdict,
    balance_fen,
)
from simulators.terminals.services import SERVICES, told
from simulators.wire import Heard

APPROVED: Final = frozenset({"00", "11", "A2", "A4", "A5", "A6"})
"""DE 39 of an approval."""
SIGN_ON_AGAIN: Final = frozenset({"A0", "77", "99"})
"""Answers after which nothing goes without a new sign-on."""
IN_DOUBT: Final = frozenset({"98", "68", "94", "09"})
"""Answers after which nobody knows what became of a request: it is reversed."""
_TRY_LATER: Final = frozenset({"91", "96"})
"""Answers that refuse nothing for good: an advice that comes again may be accepted."""
REVERSED: Final = frozenset({"00", "12", "25"})
"""Clean ends of a reversal; any other code is left to reconciliation."""
_UPLOADS: Final = {
    "201": "details",
    "203": "certificate",
    "204": "chip_refusal",
    "205": "arpc_wrong",
}
"""DE 60.3 of an upload: slips that the totals want, or what a chip said last."""
_AMOUNT: Final = 4
_STAN: Final = 11
_ECHOED: Final = (3, 4, _STAN, 41, 42)
_REMARK: Final = slice(43, 63)
"""DE 63.2.3 in DE 63: after the scheme, and the remarks of issuer and centre."""


class Awaiting(msgspec.Struct, gc=False):
    """A request that is out: what was sent, and until when its answer counts."""

    kind: Kind
    frame: bytes
    mti: str
    fields: Mapping[int, str]
    job: Job | None
    owed: Owed | None
    due_ns: int
    copies: int = 1
    repeat_due_ns: int | None = None
    reversal_due_ns: int | None = None
    telling: Telling | None = None
    uploaded: Uploaded | None = None


def answers(awaiting: Awaiting, heard: Heard) -> bool:
    """Tell whether a message answers this request: MTI + 10 and the same STAN, where it has one."""
    if heard.mti != response_mti(awaiting.mti):
        return False
    return _STAN not in awaiting.fields or heard.get(_STAN) == awaiting.fields[_STAN]


def echoes(awaiting: Awaiting, heard: Heard) -> bool:
    """Tell whether an answer repeats what it must; a refusal may leave out what was not read."""
    sent = awaiting.fields
    return all(heard.fields.get(n, sent.get(n)) == sent.get(n) for n in _ECHOED)


def is_taken(awaiting: Awaiting, heard: Heard) -> bool:
    """Tell whether the card itself takes an approval (DE 55)."""
    card = awaiting.job.card if awaiting.job is not None else None
    return card_accepts(card, awaiting.fields.get(55, ""), heard.get(55))


def fee_fen(private_63: str) -> int:
    """Return the fee that the acquirer's remark names (DE 63.2.3), 0 where it names none."""
    word, _, yuan = private_63[_REMARK].strip().partition(" ")
    if word != "FEE":
        return 0
    try:
        return Amount.parse(yuan).fen
    except ValueError:
        return 0


def leaves_open(awaiting: Awaiting, verdict: Verdict, code: str) -> bool:
    """Tell whether nobody can say what became of an advice: a copy may be accepted yet."""
    if verdict is not Verdict.DECLINED:
        return verdict is not Verdict.APPROVED
    return code in IN_DOUBT or code in _TRY_LATER or awaiting.copies > 1


def slip_of(terminal: str, awaiting: Awaiting, heard: Heard) -> Slip:
    """Return what a terminal prints of an approval."""
    fields, job = awaiting.fields, awaiting.job
    return Slip(
        terminal=terminal,
        batch=fields[60][2:8],
        stan=fields[_STAN],
        rrn=heard.get(37),
        authorisation=heard.get(38),
        amount_fen=int(fields.get(_AMOUNT, "0")),
        shown_card=job.card.shown if job is not None and job.card is not None else "",
        date=heard.get(13),
        time=heard.get(12),
        kind=awaiting.kind,
        code=fields[60][:2],
        fee_fen=fee_fen(heard.get(63)),
        of=job.of.rrn if job is not None and job.of is not None else "",
    )


def _which(awaiting: Awaiting) -> str:
    """Return what a script result tells, or what an upload is of."""
    if awaiting.telling is not None:
        return awaiting.telling.results
    return _UPLOADS.get(awaiting.fields[60][8:11], "") if awaiting.kind is Kind.UPLOAD else ""


def result_of(awaiting: Awaiting, verdict: Verdict, heard: Heard | None) -> Result:
    """Return how a request ended; `heard` is its answer, None where there was none."""
    fields, owed, job = awaiting.fields, awaiting.owed, awaiting.job
    card = job.card if job is not None else None
    answered = heard.fields if heard is not None else {}
    return Result(
        kind=awaiting.kind,
        verdict=verdict,
        code=answered.get(39, ""),
        stan=fields.get(11, ""),
        batch=fields[60][2:8],
        amount_fen=int(fields.get(4, "0")),
        shown_card=owed.shown_card if owed else card.shown if card else "",
        rrn=answered.get(37, ""),
        authorisation=answered.get(38, ""),
        balance_fen=balance_fen(answered.get(54, "")),
        fee_fen=fee_fen(answered.get(63, "")),
        of=_which(awaiting),
        told=told(answered.get(62, "")) if awaiting.kind in SERVICES else {},
    )
