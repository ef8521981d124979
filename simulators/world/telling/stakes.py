"""What was at stake in a world (simulators/world): how often each promise could have been broken.

A run in which nothing ever came close proves nothing; so the moments that matter are counted, and
a run of many worlds in which one of them is rare fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from simulators.checkers.states import changes
from simulators.terminals.debts import DAY_IS_OVER
from simulators.world.history import Applied, History
from simulators.world.telling.counters import REMITTANCES, count_remittances
from simulators.world.telling.stages import STAGES, count_stages
from switch.core.moment import local
from switch.core.operations import (
    Acknowledge,
    Close,
    Open,
    Reverse,
    SettleBill,
    TransactionKey,
)
from switch.core.outcomes import (
    CapExceeded,
    Claimed,
    Closed,
    Fenced,
    Forestalled,
    Opened,
    OriginalNotFound,
    Repeated,
    ReversalQueued,
    Spent,
    Superseded,
    TakenOver,
)
from switch.core.rules import Rule
from switch.core.social.bill import BillState
from switch.core.social.messages import UNDO
from switch.core.transaction import State
from switch.core.transfers.legs import is_transfer

ENOUGH: Final = 0.1
"""How often each must be at stake for each world of a run: 100 times in 1 000 worlds."""
_ANSWER_MS: Final = 60_000
_NOT_KNOWN: Final = "25"


def _cap_is_met(applied: Applied) -> bool:
    operation, outcome = applied.operation, applied.outcome
    if not isinstance(operation, Open) or not isinstance(outcome, Opened):
        return False
    cap = operation.cap
    return cap is not None and outcome.committed_fen + outcome.held_fen == cap.limit_fen


def _takes(applied: Applied) -> bool:
    operation = applied.operation
    return isinstance(operation, Open) and operation.taking is not None


def _is_alternate(applied: Applied) -> bool:
    operation = applied.operation
    return isinstance(operation, Open) and Rule.OVER_ALTERNATE in operation.record.trace


def _advises(applied: Applied) -> bool:
    operation = applied.operation
    return isinstance(operation, Open) and operation.plan is not None


def _is_doubt(applied: Applied) -> bool:
    operation = applied.operation
    return isinstance(operation, Close) and operation.state is State.IN_DOUBT


def _is_again(applied: Applied) -> bool:
    outcome = applied.outcome
    return isinstance(outcome, Claimed) and any(advice.tries > 1 for advice in outcome.advices)


def _ends_reversal(applied: Applied, state: State, code: str = "") -> bool:
    operation = applied.operation
    if not isinstance(operation, Acknowledge) or operation.state is not state:
        return False
    return code in {"", operation.reason}


def _undoes_bill(applied: Applied) -> bool:
    operation = applied.operation
    bill = operation.bill if isinstance(operation, Open) else None
    return bill is not None and bill.code == UNDO


def _ends_bill(applied: Applied, state: BillState) -> bool:
    operation = applied.operation
    return isinstance(operation, SettleBill) and operation.state is state


def _cancels_after(applied: Applied, was: State) -> bool:
    outcome = applied.outcome
    is_let_go = isinstance(outcome, Closed) and outcome.row.state is was
    return is_let_go and _ends_bill(applied, BillState.CANCELLED)


def _moves_back(applied: Applied) -> bool:
    outcome = applied.outcome
    if not isinstance(outcome, Closed) or not is_transfer(outcome.row):
        return False
    return outcome.row.state is State.REVERSED


def _credits_again(applied: Applied) -> bool:
    outcome = applied.outcome
    return isinstance(outcome, Claimed) and any(
        advice.row.state is State.CREDITING and advice.tries > 1 for advice in outcome.advices
    )


def _takes_over_bill(applied: Applied) -> bool:
    outcome = applied.outcome
    rows = outcome.rows if isinstance(outcome, TakenOver) else ()
    return any(row.bill is not None for row in rows)


_OUTCOMES: Final[Mapping[type, tuple[tuple[str, Callable[[Applied], bool]], ...]]] = {
    CapExceeded: (("cap exceeded", lambda _: True),),
    Opened: (
        ("cap met to the fen", _cap_is_met),
        ("void, refund or completion", _takes),
        ("advice accepted", _advises),
        ("sent over the alternate line", _is_alternate),
        ("void of a bill's payment", _undoes_bill),
    ),
    Spent: (("original taken of already", lambda _: True),),
    Repeated: (("repeat of a finished request", lambda _: True),),
    OriginalNotFound: (
        ("reversal before its original", lambda a: isinstance(a.operation, Reverse)),
    ),
    Forestalled: (("original after its reversal", lambda _: True),),
    Superseded: (("outcome overtaken by a reversal", lambda _: True),),
    Closed: (
        ("outcome in doubt", _is_doubt),
        ("reversal acknowledged", lambda a: _ends_reversal(a, State.REVERSED)),
        (
            "reversal of what the issuer never had",
            lambda a: _ends_reversal(a, State.REVERSED, _NOT_KNOWN),
        ),
        ("reversal left to a person", lambda a: _ends_reversal(a, State.REVERSAL_EXPIRED)),
        ("advice acknowledged", lambda a: _ends_reversal(a, State.APPROVED)),
        ("advice left to a person", lambda a: _ends_reversal(a, State.ADVICE_EXPIRED)),
        ("bill cancelled, its card refused", lambda a: _cancels_after(a, State.DECLINED)),
        ("bill cancelled after a reversal", lambda a: _cancels_after(a, State.REVERSED)),
        ("debit reversed, its bill refused", lambda a: _ends_bill(a, BillState.CANCELLING)),
        ("bill left to a person", lambda a: _ends_bill(a, BillState.PERSON)),
        ("transfer taken back", _moves_back),
    ),
    Claimed: (
        ("reversal sent again", _is_again),
        ("credit of a transfer sent again", _credits_again),
    ),
    TakenOver: (
        ("take-over of a bill's payment", _takes_over_bill),
        (
            "take-over of open transactions",
            lambda a: isinstance(a.outcome, TakenOver) and bool(a.outcome.rows),
        ),
    ),
    Fenced: (("close after a take-over", lambda a: isinstance(a.operation, Close)),),
}
"""Counted in what the ledger carried out."""
_REPORTS: Final[Mapping[str, str]] = {
    "repeat while in flight": "repeat_joined",
    "answer that matches nothing": "answer_unmatched",
    "answer with a wrong MAC": "answer_mac_wrong",
}
"""Counted in what the switch reported."""
_COUNTS: Final = (
    "death between open and send",
    "death between close and answer",
    "key change with requests in flight",
    "commit of unknown outcome, kept",
    "commit of unknown outcome, lost",
    "commit of unknown outcome, late",
    "fenced",
    "pay-out file delivered again",
    "death within a pay-out file",
)
"""Counted as they happened."""
_STATES: Final = (
    "reversal of what is in flight",
    "reversal of an approval",
    "open at midnight",
    "bill confirmed after an unknown outcome",
    "bill cancelled after an unknown debit",
)
OVER_NIGHT: Final = ("day after another", "reversal forgotten over night")
"""Counted in worlds of several days, and only wanted of a profile of such worlds."""
BUSINESS: Final = (
    "bill cancelled, its card refused",
    "bill cancelled after a reversal",
    "debit reversed, its bill refused",
    "bill left to a person",
    "take-over of a bill's payment",
    "bill confirmed after an unknown outcome",
    "bill cancelled after an unknown debit",
    "transfer taken back",
    "credit of a transfer sent again",
    "pay-out file delivered again",
    "death within a pay-out file",
)
"""Counted where there are bills, pay-outs and transfers, and only wanted of a profile of those."""
STAKES: Final = (
    *(name for kinds in _OUTCOMES.values() for name, _ in kinds), *_REPORTS, *_COUNTS, *_STATES,
    *OVER_NIGHT, *STAGES, *REMITTANCES,
)  # fmt: skip
"""Everything that is counted, by name."""


def stakes(history: History) -> dict[str, int]:
    """Return how often each was at stake in a world."""
    counted: Counter[str] = Counter(dict.fromkeys(STAKES, 0))
    for applied in history.applied:
        for name, is_so in _OUTCOMES.get(type(applied.outcome), ()):
            if is_so(applied):
                counted[name] += 1
    reported = Counter(report.event for report in history.reported)
    for name, event in _REPORTS.items():
        counted[name] += reported[event]
    for name in _COUNTS:
        counted[name] += history.counts[name]
    counted["day after another"] = max(len(history.evenings) - 1, 0)
    left = (entry for memory in history.end.memories.values() for entry in memory.unresolved)
    counted["reversal forgotten over night"] = sum(entry.why == DAY_IS_OVER for entry in left)
    _count_states(history, counted)
    count_stages(history, counted)
    count_remittances(history, counted)
    return dict(counted)


def _count_states(history: History, counted: Counter[str]) -> None:
    """Count what depends on the state that a transaction had before."""
    before: dict[TransactionKey, State] = {}
    _count_bills(history, counted)
    for applied, row in changes(history):
        was = before.get(row.key)
        before[row.key] = row.state
        outcome = applied.outcome
        if isinstance(outcome, ReversalQueued) and outcome.is_first:
            counted["reversal of what is in flight"] += was is State.FORWARDED
            counted["reversal of an approval"] += was is State.APPROVED
        elif isinstance(applied.operation, Open) and row.cap is not None:
            later = local(row.record.opened_ms + _ANSWER_MS).day
            counted["open at midnight"] += later != row.cap.day


def _count_bills(history: History, counted: Counter[str]) -> None:
    """Count bills whose end was told again because nobody knew of it, and whose debit was unknown.

    Only where there is a host: it goes through all that the ledger did.
    """
    if history.end.social is None and history.end.shop is None:
        return
    asked_again: set[TransactionKey] = set()
    in_doubt: set[TransactionKey] = set()
    for applied in history.applied:
        operation, outcome = applied.operation, applied.outcome
        if isinstance(outcome, Claimed):
            asked_again.update(each.row.key for each in outcome.advices if each.tries > 1)
        elif _is_doubt(applied) and isinstance(operation, Close):
            in_doubt.add(operation.key)
        elif isinstance(operation, SettleBill) and isinstance(outcome, Closed):
            is_confirmed = operation.state is BillState.CONFIRMED
            counted["bill confirmed after an unknown outcome"] += (
                is_confirmed and operation.key in asked_again
            )
            counted["bill cancelled after an unknown debit"] += (
                operation.state is BillState.CANCELLED and operation.key in in_doubt
            )
