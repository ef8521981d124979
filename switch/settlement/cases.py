"""Cases (switch/settlement): what did not agree, who must answer by when, and what was done.

长款 (`long`): the acquirer has money that nobody was paid out. 短款 (`short`): it paid out what it
never got. Each step is a note that is never changed; what a step moves is cleared as an adjustment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from messages.dialects.dialect import Words
from switch.ledger.settling.protocol import Kept
from switch.settlement.differences.terms import TERMS, Terms, after, dated
from switch.settlement.movements import ADJUSTMENT, Movement


class Step(NamedTuple):
    """What an action needs and leads to: stages it may follow, the next stage, money, term."""

    after: frozenset[str]
    stage: str
    pays: str
    """`to_card`: towards the cardholder; `from_card`: the other way; `own`: what puts the issuer's
    own books right; empty: nobody pays."""
    term: str
    """What the next stage has: `answer` or `inquiry`; empty: it is the end."""


OPEN, CLAIMED, CHARGED_BACK, REPRESENTED, CLOSED = (
    "open", "claimed", "charged_back", "represented", "closed",
)  # fmt: skip
_WAITING_FOR: Final = frozenset({CLAIMED, CHARGED_BACK, REPRESENTED})
STEPS: Final[Mapping[str, Step]] = {
    "credit_adjustment": Step(frozenset({OPEN, CLAIMED, REPRESENTED}), CLOSED, "to_card", ""),
    "claim": Step(frozenset({OPEN}), CLAIMED, "from_card", "inquiry"),
    "chargeback": Step(frozenset({OPEN, CLAIMED}), CHARGED_BACK, "to_card", "answer"),
    "representment": Step(frozenset({CHARGED_BACK}), REPRESENTED, "from_card", "inquiry"),
    "correct": Step(frozenset({OPEN}), CLOSED, "own", ""),
    "accept": Step(_WAITING_FOR, CLOSED, "", ""),
    "lapse": Step(_WAITING_FOR, CLOSED, "", ""),
    "no_error": Step(frozenset({OPEN}), CLOSED, "", ""),
    "agrees": Step(frozenset({OPEN}), CLOSED, "", ""),
    "differs": Step(frozenset({OPEN}), CLOSED, "", ""),
}
"""Action -> its step. A representment is the last word but one: there is no second charge-back."""
_BY_ITSELF: Final = frozenset({"agrees", "differs"})
"""What only reconciliation says, once it has looked again."""
ACTION_WORDS: Final[Mapping[str, Words]] = {
    "found": Words("found", "发现"),
    "opened": Words("opened", "登记"),
    "credit_adjustment": Words("credit adjustment", "贷记调整"),
    "claim": Words("claim", "请款"),
    "chargeback": Words("charge-back", "一次退单"),
    "representment": Words("representment", "再请款"),
    "correct": Words("the issuer corrects its books", "发卡行调账"),
    "accept": Words("accepted", "承认"),
    "lapse": Words("no answer in time: it stands", "逾期未答复，视为承认"),
    "no_error": Words("no error", "无差错"),
    "agrees": Words("looked at again: it agrees", "复核相符"),
    "differs": Words("looked at again: it differs", "复核不符"),
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
    "issuer_amount": Words("the issuer has another amount", "发卡行金额不符"),
    "issuer_twice": Words("the issuer booked it twice", "发卡行重复记账"),
    "crossing": Words("crosses the day", "跨日"),
    "in_doubt": Words("in doubt: decides when final", "结果不明，终态后复核"),
    "manual": Words("nobody acknowledged it", "须人工处理"),
    "incomplete": Words("the terminal never sent its details", "终端未上送明细"),
    "dispute": Words("dispute", "争议"),
}
WAITING: Final = frozenset({"crossing", "in_doubt"})
"""Kinds that are no difference yet: the next days' statements decide."""
_ISSUERS: Final = frozenset({"issuer_long", "issuer_short", "issuer_amount", "issuer_twice"})
OF_ISSUERS: Final = _ISSUERS | WAITING
"""Kinds about an issuer's own books: they touch nobody's money but its own and its cardholders'."""
_BETWEEN: Final = frozenset(
    {"credit_adjustment", "claim", "chargeback", "representment", "accept", "lapse", "no_error"}
)
_CLOSING: Final = frozenset({"no_error", "agrees", "differs"})
KINDS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(KIND_WORDS, _BETWEEN),
    **dict.fromkeys(_ISSUERS, _CLOSING | {"correct"}),
    **dict.fromkeys(WAITING, _CLOSING),
    "incomplete": frozenset({"no_error"}),
}
"""Kind -> the actions it may ever take; what they move is in `moves`."""
LONGEST_WHY: Final = 200


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
    """What the transaction moves where it stands: principal and all its legs. Of an amount that
    differs, and of an issuer's books: what puts it right."""
    is_credit: bool = False
    """Whether that goes towards the cardholder."""
    booked: tuple[tuple[int, int], ...] = ()
    """What its issuer booked: days of statements, and fen off the account."""

    @property
    def key(self) -> str:
        """What makes it this case: the same difference is found as often as one looks."""
        if self.kind in OF_ISSUERS:
            return f"{self.kind}/{self.issuer}/{self.rrn}"
        return f"{self.kind}/{self.rrn or f'{self.terminal}/{self.batch}/{self.stan}'}"


class CaseError(ValueError):
    """A step that a case does not allow."""


class On(NamedTuple):
    """When a step is taken: the day in Shanghai, the last day that was cleared, the terms."""

    today: int
    last_cleared: int = 0
    terms: Terms = TERMS


def encoded(case: Case) -> bytes:
    """Return a case as it is kept."""
    return msgspec.msgpack.encode(case)


def decoded(kept: Kept) -> Case:
    """Return a kept case."""
    return msgspec.msgpack.decode(kept.body, type=Case)


def allowed(case: Case) -> list[str]:
    """Return the actions that a person may take where a case stands, whatever their terms."""
    return [
        action
        for action, step in STEPS.items()
        if action in KINDS.get(case.kind, _BETWEEN) - _BY_ITSELF
        and case.stage in step.after
        and (not step.pays or case.movements)
    ]


def resolve(case: Case, action: str, note: Note, on: On) -> Case:
    """Take a step; what it moves is cleared on the day after today and all that is cleared.

    Raises CaseError.
    """
    step, note = STEPS.get(action), grounded(note)
    if step is None:
        raise CaseError(f"{action!r} is none of {', '.join(allowed(case))}")
    if action not in KINDS.get(case.kind, _BETWEEN) or case.stage not in step.after:
        able = ", ".join(allowed(case)) or "nothing more"
        kind = KIND_WORDS[case.kind].en if case.kind in KIND_WORDS else case.kind
        raise CaseError(f"{action}: the case ({kind}) is {case.stage}, which allows {able}")
    if step.pays and not case.movements:
        raise CaseError(f"{action} moves money, and the case knows no transaction to move it by")
    _check_term(case, action, on)
    moved = moves(case, action)
    done = replace(
        note,
        action=action,
        movements=moved,
        clearing_day=after(max(on.today, on.last_cleared), 1) if moved else 0,
    )
    terms = {"answer": on.terms.answer, "inquiry": on.terms.inquiry}
    return replace(
        case,
        stage=step.stage,
        deadline=terms[step.term](on.today) if step.term else 0,
        notes=(*case.notes, done),
    )


def _check_term(case: Case, action: str, on: On) -> None:
    """Refuse what comes too late, and what says too early that nobody answered.

    Whoever gives money back or admits is never too late.
    """
    last, rule = case.deadline, "an answer is due by then"
    if case.stage == OPEN and action in {"claim", "chargeback"}:
        last = on.terms.inquiry(case.day)
        rule = f"inquiry_days = {on.terms.inquiry_days} from {dated(case.day)}"
    elif action == "lapse":
        if on.today <= last:
            raise CaseError(f"lapse: the other side may answer until {dated(last)}, that day too")
        return
    elif action not in {"chargeback", "representment"}:
        return
    if on.today > last:
        missed = "; what was done stands: accept or lapse" if case.stage != OPEN else ""
        raise CaseError(f"{action}: the last day was {dated(last)} ({rule}){missed}")


def moves(case: Case, action: str) -> tuple[Movement, ...]:
    """Return what an action moves in a case: all that it is about, one way or the other.

    Towards the card is a debit turned round, or a credit as it stands; what puts an issuer's own
    books right goes as it stands, between the issuer and its cardholders and nobody else.
    """
    pays = STEPS[action].pays
    if not pays:
        return ()
    if pays != "own" and (pays == "to_card") is not case.is_credit:
        return tuple(Movement(m.payee, m.payer, m.fen, ADJUSTMENT) for m in case.movements)
    return tuple(Movement(m.payer, m.payee, m.fen, ADJUSTMENT) for m in case.movements)


def grounded(note: Note) -> Note:
    """Return a note with who it was and why in one line each; CaseError where one is missing."""
    by, why = " ".join(note.by.split()), " ".join(note.why.split())
    if not why or max(len(why), len(by)) > LONGEST_WHY or not by:
        raise CaseError(f"who it was, and a reason of 1 to {LONGEST_WHY} characters are needed")
    return replace(note, by=by, why=why)


def check_once(
    done: Case, others: Iterable[Case], *, is_paid: bool, is_pending: bool = False
) -> None:
    """Refuse a step by which the money of a transaction would be paid or given back twice.

    `is_paid`: the ledger approves the transaction, so that it is or will be cleared; over all its
    cases it is then done once, or not at all. `is_pending`: the ledger does not know yet. An amount
    that differed is put right once, and not beside a step about the whole. Raises CaseError.
    """
    action = done.notes[-1].action
    if not done.notes[-1].movements or done.kind in _ISSUERS:
        return
    if is_pending:
        raise CaseError(f"{action}: nobody knows yet what {done.rrn} comes to; wait until it is so")
    alike = [each for each in others if done.rrn and each.rrn == done.rrn and _is_between(each)]
    other = [each for each in alike if (each.kind == "amount") is not (done.kind == "amount")]
    net = _net(done) + sum(_net(each) for each in alike if each not in other)
    base = 0 if done.kind == "amount" else int(is_paid)
    if any(map(_net, other)):
        raise CaseError(f"{action}: another case has moved money of {done.rrn} already")
    if done.kind == "amount" and net not in {0, 1}:
        raise CaseError(f"{action}: what differs is the other side's money; {done.what}")
    if base + net not in {0, 1}:
        is_moved = any(note.movements for case in alike for note in case.notes)
        where = "another case has moved it" if is_moved else "by the ledger"
        state = "given back" if STEPS[action].pays == "to_card" else "paid out"
        raise CaseError(f"{action}: the money of {done.rrn} is {state} already, {where}")


def _is_between(case: Case) -> bool:
    """Tell whether a case is between banks; an issuer's own books touch nobody else."""
    return case.kind not in OF_ISSUERS


def _net(case: Case) -> int:
    """Return how often a case did what it is about, less how often it undid it."""
    ways = {"to_card": 1 if case.is_credit else -1, "from_card": -1 if case.is_credit else 1}
    return sum(ways.get(STEPS[note.action].pays, 0) for note in case.notes if note.movements)
