"""Cases (switch/settlement): what did not agree, who must answer by when, and what was done.

长款 (`long`): the acquirer has money that nobody was paid out. 短款 (`short`): it paid out what it
never got. Each step is a note that is never changed; what a step moves is cleared as an adjustment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from messages.dialects.dialect import Words
from switch.ledger.settling.protocol import Kept
from switch.settlement.movements import ADJUSTMENT, Movement

ANSWER_DAYS, CLAIM_DAYS = 20, 120
"""An acquirer answers within 20 days, an issuer asks within 120; days of the calendar."""


class Step(NamedTuple):
    """What an action needs and leads to: stages it may follow, the next stage, who pays, days."""

    after: frozenset[str]
    stage: str
    pays: str
    """`back`: acquirer to issuer and cardholder; `claim`: the other way; empty: nobody."""
    days: int


OPEN, CLAIMED, CHARGED_BACK, REPRESENTED, CLOSED = (
    "open", "claimed", "charged_back", "represented", "closed",
)  # fmt: skip
STEPS: Final[Mapping[str, Step]] = {
    "credit_adjustment": Step(frozenset({OPEN, CLAIMED, REPRESENTED}), CLOSED, "back", 0),
    "claim": Step(frozenset({OPEN}), CLAIMED, "claim", CLAIM_DAYS),
    "chargeback": Step(frozenset({OPEN, CLAIMED}), CHARGED_BACK, "back", ANSWER_DAYS),
    "representment": Step(frozenset({CHARGED_BACK}), REPRESENTED, "claim", CLAIM_DAYS),
    "accept": Step(frozenset({CLAIMED, CHARGED_BACK, REPRESENTED}), CLOSED, "", 0),
    "no_error": Step(frozenset({OPEN}), CLOSED, "", 0),
}
"""Action -> its step. A representment is the last word but one: there is no second charge-back."""
ACTION_WORDS: Final[Mapping[str, Words]] = {
    "found": Words("found", "发现"),
    "opened": Words("opened", "登记"),
    "credit_adjustment": Words("credit adjustment", "贷记调整"),
    "claim": Words("claim", "请款"),
    "chargeback": Words("charge-back", "一次退单"),
    "representment": Words("representment", "再请款"),
    "accept": Words("accepted", "承认"),
    "no_error": Words("no error", "无差错"),
}
STAGE_WORDS: Final[Mapping[str, Words]] = {
    OPEN: Words("open", "待处理"),
    CLAIMED: Words("claimed", "已请款"),
    CHARGED_BACK: Words("charged back", "已退单"),
    REPRESENTED: Words("represented", "已再请款"),
    CLOSED: Words("closed", "已结案"),
}
KIND_WORDS: Final[Mapping[str, Words]] = {
    "long": Words("long", "长款"),
    "short": Words("short", "短款"),
    "amount": Words("other amount", "金额不符"),
    "issuer_long": Words("issuer has it, the ledger not", "发卡行多记"),
    "issuer_short": Words("the ledger has it, the issuer not", "发卡行少记"),
    "manual": Words("nobody acknowledged it", "须人工处理"),
    "incomplete": Words("the terminal never sent its details", "终端未上送明细"),
    "dispute": Words("dispute", "争议"),
}
LONGEST_WHY: Final = 200
_ISSUERS: Final = frozenset({"issuer_long", "issuer_short"})


class Note(msgspec.Struct, frozen=True):
    """A step that was taken: when (UTC), by whom, what and why; what it moves on which day."""

    at_ms: int
    by: str
    action: str
    why: str
    movements: tuple[Movement, ...] = ()
    clearing_day: int = 0


class Case(msgspec.Struct, kw_only=True, frozen=True):
    """A case. `deadline` is the last day (YYYYMMDD) for the next step, 0 once it is closed."""

    kind: str
    found_by: str
    rrn: str = ""
    terminal: str = ""
    batch: str = ""
    stan: str = ""
    merchant: str = ""
    issuer: str = ""
    acquirer: str = ""
    shown_card: str = ""
    transaction: str = ""
    amount_fen: int = 0
    fee_fen: int = 0
    day: int
    stage: str = OPEN
    deadline: int
    what: str = ""
    notes: tuple[Note, ...] = ()
    movements: tuple[Movement, ...] = ()
    """What the transaction moves where it stands: principal and all its legs."""

    @property
    def key(self) -> str:
        """What makes it this case: the same difference is found as often as one looks."""
        return f"{self.kind}/{self.rrn or f'{self.terminal}/{self.batch}/{self.stan}'}"


class CaseError(ValueError):
    """A step that a case does not allow."""


def after(day: int, days: int) -> int:
    """Return the day so many days later."""
    then = date(day // 10_000, day // 100 % 100, day % 100) + timedelta(days=days)
    return int(then.strftime("%Y%m%d"))


def encoded(case: Case) -> bytes:
    """Return a case as it is kept."""
    return msgspec.msgpack.encode(case)


def decoded(kept: Kept) -> Case:
    """Return a kept case."""
    return msgspec.msgpack.decode(kept.body, type=Case)


def resolve(case: Case, action: str, note: Note, today: int, last_cleared: int) -> Case:
    """Take a step; what it moves is cleared on the day after today and all that is cleared.

    Raises CaseError.
    """
    step = STEPS.get(action)
    if step is None:
        raise CaseError(f"{action!r} is none of {', '.join(STEPS)}")
    note = grounded(note)
    if case.stage not in step.after:
        stages = ", ".join(sorted(step.after))
        raise CaseError(f"{action} follows {stages}; the case is {case.stage}")
    moved = _moved(case, step.pays)
    if step.pays and not moved:
        raise CaseError(f"{action} moves money, and the case knows no transaction to move it by")
    done = replace(
        note,
        action=action,
        movements=moved,
        clearing_day=after(max(today, last_cleared), 1) if moved else 0,
    )
    return replace(
        case,
        stage=step.stage,
        deadline=after(today, step.days) if step.stage != CLOSED else 0,
        notes=(*case.notes, done),
    )


def grounded(note: Note) -> Note:
    """Return a note with who it was and why in one line each; CaseError where one is missing."""
    by, why = " ".join(note.by.split()), " ".join(note.why.split())
    if not why or max(len(why), len(by)) > LONGEST_WHY or not by:
        raise CaseError(f"who it was, and a reason of 1 to {LONGEST_WHY} characters are needed")
    return replace(note, by=by, why=why)


def check_once(done: Case, others: Iterable[Case], *, is_paid: bool) -> None:
    """Refuse a step by which the money of a transaction would be paid or given back twice.

    `is_paid`: the ledger approves the transaction, so that it is or will be cleared; over all its
    cases the money is then with the acquirer once, or with the cardholder. A case that only an
    issuer's own books make may move it one way. Raises CaseError.
    """
    if not done.notes[-1].movements:
        return
    alike = [case for case in others if done.rrn and case.rrn == done.rrn]
    net = sum(map(_net, (done, *alike)))
    is_issuers = done.kind in _ISSUERS
    if abs(net) > 1 if is_issuers else is_paid - net not in {0, 1}:
        action = done.notes[-1].action
        is_moved = any(note.movements for case in alike for note in case.notes)
        where = "another case has moved it" if is_moved else "by the ledger"
        state = "given back" if STEPS[action].pays == "back" else "paid out"
        raise CaseError(f"{action}: the money of {done.rrn} is {state} already, {where}")


def _net(case: Case) -> int:
    """Return how often a case gave the money back, less how often it claimed it."""
    ways = {"back": 1, "claim": -1, "": 0}
    return sum(ways[STEPS[note.action].pays] for note in case.notes if note.movements)


def _moved(case: Case, pays: str) -> tuple[Movement, ...]:
    """Return what a step moves: all that the transaction moves, or all of it back."""
    if not pays:
        return ()
    is_back = pays == "back"
    return tuple(
        Movement(payee, payer, fen, ADJUSTMENT)
        if is_back
        else Movement(payer, payee, fen, ADJUSTMENT)
        for payer, payee, fen, _ in case.movements
    )
