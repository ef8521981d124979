"""Stop 7: may this terminal and card do this: kind of card, entry, PIN and shape of the amount.

Answers 40, 57, 58, 55 and 13. What is open where for which cards is the registry's matter (the
notice's 四(二) and 四(四)2); the rest is 银发〔2011〕177号.
"""

from __future__ import annotations

from messages.reasons import Reason
from switch.core.rules import Decline, Rule
from switch.core.terminals.request import Transaction
from switch.registry.snapshot import Asked, Verdict, Why

_MANUAL = "01"
_REFUSALS = {
    Why.QUALIFICATION: Decline(Reason.ACQUIRER_NOT_QUALIFIED, Rule.ACQUIRER_QUALIFIED),
    Why.POINT: Decline(Reason.SERVICE_NOT_FOR_TERMINAL, Rule.POINT_REGISTERED),
    Why.AGREEMENT: Decline(Reason.SERVICE_NOT_FOR_TERMINAL, Rule.POINT_AGREED),
    Why.PILOT: Decline(Reason.SERVICE_NOT_OPEN, Rule.PILOT_BEGUN),
    Why.DEVICE: Decline(Reason.SERVICE_NOT_FOR_TERMINAL, Rule.TERMINAL_ADMITTED),
    Why.STAGE: Decline(Reason.SERVICE_NOT_OPEN, Rule.STAGE_OPEN),
    Why.CARD: Decline(Reason.CARD_NOT_PERMITTED, Rule.SOCIAL_CARD),
}
_NEVER = Decline(Reason.SERVICE_NOT_FOR_TERMINAL, Rule.STAGE_OPEN)
"""No stage speaks of it."""
_YUAN = frozenset({None, "156"})
"""DE 49: nothing else is paid out, and reversals say 156."""


def admit(txn: Transaction) -> Decline | None:
    """Look the card up and hold it against the transaction's terms."""
    return _terminal(txn) or _card(txn) or _entry(txn) or _amount(txn)


def _terminal(txn: Transaction) -> Decline | None:
    admitted = txn.terminal.transactions
    if admitted is not None and txn.rule.id not in admitted:
        facts: dict[str, object] = {"transaction": txn.rule.id}
        return Decline(Reason.SERVICE_NOT_OPEN, Rule.TERMINAL_ADMITTED, facts)
    business = txn.rule.business
    if business is not None and business.channels and txn.terminal.channel not in business.channels:
        told: dict[str, object] = {"transaction": txn.rule.id, "channel": txn.terminal.channel}
        return Decline(Reason.SERVICE_NOT_FOR_TERMINAL, Rule.TERMINAL_ADMITTED, told)
    txn.trace.append(Rule.TERMINAL_ADMITTED)
    return None


def _card(txn: Transaction) -> Decline | None:
    configuration = txn.configuration
    found = configuration.card_range(txn.request.pan or "")
    if found is None:
        return Decline(Reason.ISSUER_UNKNOWN, Rule.ISSUER_KNOWN)
    txn.card = found
    if (refusal := _registered(txn) if configuration.registry else _unregistered(txn)) is not None:
        return refusal
    business = txn.rule.business
    if not found.is_debit and business is not None and business.debit_only:
        return Decline(Reason.CARD_NOT_PERMITTED, Rule.DEBIT_CARD)
    txn.trace.append(Rule.DEBIT_CARD)
    return None


def _unregistered(txn: Transaction) -> Decline | None:
    """Without a registry, a day for each acquirer is all that is known.

    What opens later (四(二), 三(三)) is not open unless its terminal is told to admit it.
    """
    business = txn.rule.business
    if business is not None and business.opens_later and txn.terminal.transactions is None:
        return Decline(Reason.SERVICE_NOT_OPEN, Rule.STAGE_OPEN, {"transaction": txn.rule.id})
    others_from = txn.configuration.acquirers[txn.terminal.acquirer].other_cards_from
    if not txn.card.is_social and (others_from is None or txn.local.day < others_from):
        return Decline(Reason.CARD_NOT_PERMITTED, Rule.SOCIAL_CARD)
    txn.trace.append(Rule.SOCIAL_CARD)
    return None


def _registered(txn: Transaction) -> Decline | None:
    """Hold it against the registry; a refusal names stage, day and clause."""
    registry, terminal = txn.configuration.registry, txn.terminal
    business = txn.rule.business
    if registry is None or (business is not None and business.only_tells):
        return None  # what it tells of was admitted
    asked = Asked(
        txn.rule.id,
        terminal.channel,
        terminal.merchant,
        terminal.acquirer,
        txn.card.is_social,
        txn.local.day,
        registry.devices.get(terminal.id, ""),
    )
    verdict = registry.judge(asked)
    if verdict.why is Why.OPEN:
        txn.trace.append(Rule.STAGE_OPEN)
        return None
    return refusal_of(verdict)


def refusal_of(verdict: Verdict) -> Decline:
    """Return how a verdict of the registry is said to a terminal, and what a report tells."""
    is_never = verdict.why is Why.STAGE and not verdict.stage
    refusal = _NEVER if is_never else _REFUSALS[verdict.why]
    facts: dict[str, object] = {
        "stage": verdict.stage,
        "open_from": verdict.from_day,
        "clause": verdict.clause,
    }
    return Decline(refusal.reason, refusal.rule, facts)


def _entry(txn: Transaction) -> Decline | None:
    business, request = txn.rule.business, txn.request
    if business is None:
        return None
    if (request.entry_mode or "")[:2] == _MANUAL and not business.allows_manual_entry:
        return Decline(Reason.CARD_NOT_PERMITTED, Rule.ENTRY_BY_CARD)
    txn.trace.append(Rule.ENTRY_BY_CARD)
    if business.needs_pin and request.pin_block is None:
        return Decline(Reason.PIN_MISSING, Rule.PIN_GIVEN)
    txn.trace.append(Rule.PIN_GIVEN)
    return None


def _amount(txn: Transaction) -> Decline | None:
    business, amount = txn.rule.business, txn.request.amount
    if business is None or business.only_tells or (amount is None and not business.least_fen):
        return None
    fen = int(amount or 0)
    if txn.request.currency not in _YUAN:
        why: dict[str, object] = {"why": "field 49 is not 156"}
        return Decline(Reason.AMOUNT_INVALID, Rule.AMOUNT_SHAPE, why)
    if fen < business.least_fen or fen % business.step_fen:
        facts: dict[str, object] = {"asked_fen": fen, "step_fen": business.step_fen}
        return Decline(Reason.AMOUNT_INVALID, Rule.AMOUNT_SHAPE, facts)
    txn.amount_fen = fen
    txn.trace.append(Rule.AMOUNT_SHAPE)
    return None
