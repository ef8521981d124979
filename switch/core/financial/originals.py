"""Originals of voids, refunds, completions and script results: found, held against the request.

The RRN (DE 37) finds one; what only tells of its original may name it by DE 61 alone.

What never changes of an original is judged here (kind, merchant, card, numbers, amount); whether it
still stands, and how much is left of it, is decided with the opening itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from msgspec.structs import replace

from messages.dialects.dialect import Business
from messages.reasons import Reason
from routing.choose import choose
from routing.table import Candidate, Way
from switch.core.errors import InvariantBroken
from switch.core.financial.in_flight import InFlight
from switch.core.financial.pricing import give_back
from switch.core.operations import FindByRrn, FindOriginal, Row, Taking, TransactionKey
from switch.core.outbox import RETRY_MS, Outbox
from switch.core.outcomes import Found, OriginalNotFound, Outcome, Spent, Unknown
from switch.core.rules import Decline, Rule
from switch.core.social.routes import undo
from switch.core.terminals.identity import transaction_key
from switch.core.terminals.request import Transaction
from switch.core.transaction import State

Then = Callable[[Decline | None], None]
"""Takes the refusal, None where the original is good."""
_BATCH_AND_STAN = 12
"""Digits of DE 61.1 and 61.2."""
_BATCH = 6
_DATE = 4


class Originals:
    """Looks originals up."""

    def __init__(self, outbox: Outbox, in_flight: InFlight) -> None:
        """Hold transactions while the ledger looks."""
        self._outbox = outbox
        self._in_flight = in_flight

    def find(self, txn: Transaction, then: Then) -> None:
        """Find what a transaction takes of; `then` goes on, unless its time is over by then."""
        txn.original = txn.taking = None
        rrn, numbers = _named(txn)
        business = txn.rule.business
        only_tells = business is not None and business.only_tells
        if len(numbers) < _BATCH_AND_STAN or not (rrn or only_tells):
            why: dict[str, object] = {"why": "fields 37 and 61 do not name an original"}
            then(Decline(Reason.FORMAT_ERROR, Rule.ORIGINAL_KNOWN, why))
            return
        self._in_flight.hold(txn)
        self._look(txn, rrn, then)

    def _look(self, txn: Transaction, rrn: str, then: Then) -> None:
        attempt = self._outbox.attempt()
        operation = FindByRrn(attempt, rrn) if rrn else FindOriginal(attempt, _key_of(txn))
        self._outbox.submit(operation, partial(self._looked, txn, rrn, then))

    def _looked(self, txn: Transaction, rrn: str, then: Then, outcome: Outcome) -> None:
        if txn.answered:
            self._in_flight.finish(txn)
            return
        match outcome:
            case Found(row):
                then(judge(txn, row))
            case OriginalNotFound():
                then(Decline(Reason.ORIGINAL_NOT_FOUND, Rule.ORIGINAL_KNOWN, {"original": rrn}))
            case Unknown():
                self._outbox.after(RETRY_MS, partial(self._look, txn, rrn, then))
            case _:
                raise InvariantBroken(f"a look for an original got {type(outcome).__name__}")


def spent(txn: Transaction, outcome: Spent) -> Decline:
    """Return why an original cannot be taken of (any more)."""
    row, business = outcome.row, txn.rule.business
    facts: dict[str, object] = {
        "original": row.record.rrn,
        "state": row.state.name,
        "left_fen": row.record.amount_fen - row.taken_fen,
    }
    if row.state is not State.APPROVED:
        return Decline(Reason.ORIGINAL_NOT_FOUND, Rule.ORIGINAL_KNOWN, facts)
    if business is not None and business.original_amount == "part":
        return Decline(Reason.ORIGINAL_AMOUNT_WRONG, Rule.ORIGINAL_FREE, facts)
    return Decline(Reason.ORIGINAL_MISMATCH, Rule.ORIGINAL_FREE, facts)


def _named(txn: Transaction) -> tuple[str, str]:
    """Return DE 37 and DE 61."""
    request = txn.request
    return (request.value("37") or "").strip(), request.value("61") or ""


def _key_of(txn: Transaction) -> TransactionKey:
    """Return the key of what DE 61 names: same card, terminal and merchant."""
    _, numbers = _named(txn)
    return replace(
        transaction_key(txn.request, txn.configuration),
        batch=numbers[:_BATCH],
        stan=numbers[_BATCH:_BATCH_AND_STAN],
        date=numbers[_BATCH_AND_STAN:][:_DATE] if txn.request.date else "",
    )


def judge(txn: Transaction, row: Row) -> Decline | None:
    """Hold a request against the original that it names, and set both together."""
    business, configuration = txn.rule.business, txn.configuration
    if business is None:
        raise InvariantBroken("a transaction without business takes of another")
    if (differs := _differing(txn, row, business)) is not None:
        facts: dict[str, object] = {"original": row.record.rrn, "differs": differs}
        return Decline(Reason.ORIGINAL_MISMATCH, Rule.ORIGINAL_MATCHES, facts)
    amount_fen, whole_fen = txn.amount_fen, row.record.amount_fen
    most_fen = whole_fen * business.most_percent // 100
    is_same = business.original_amount == "same"
    if amount_fen != whole_fen if is_same else amount_fen > most_fen:
        facts = {"original": row.record.rrn, "original_fen": whole_fen, "asked_fen": amount_fen}
        return Decline(Reason.ORIGINAL_AMOUNT_WRONG, Rule.ORIGINAL_AMOUNT, facts)
    issuer = configuration.issuers.get(row.record.issuer)
    if issuer is None or row.record.link not in configuration.links:
        facts = {"original": row.record.rrn, "link": row.record.link}
        return Decline(Reason.ROUTE_UNAVAILABLE, Rule.LINK_READY, facts)
    # It goes where its original went, whatever the card table or the routes say by now.
    txn.issuer, txn.issuer_id, txn.link = issuer, issuer.id, row.record.link
    only = Candidate(txn.link, configuration.links[txn.link].link_class)
    txn.way = Way(txn.way.case, (only,))
    txn.line = choose(txn.way, txn.is_usable)
    txn.original = row
    give_back(txn, row)
    if not business.only_tells:
        is_part = business.original_amount == "part"
        txn.taking = Taking(
            row.key,
            amount_fen if is_part else whole_fen,
            row.taken_fen if is_part else -1,
            is_same,
        )
    txn.trace += (Rule.ORIGINAL_KNOWN, Rule.ORIGINAL_MATCHES, Rule.ORIGINAL_AMOUNT)
    return None if row.bill is None else undo(txn, row)


def _differing(txn: Transaction, row: Row, business: Business) -> str | None:
    """Return what a request says otherwise than its original; None where all agrees."""
    request, key = txn.request, row.key
    _, numbers = _named(txn)
    if row.record.kind not in business.originals:
        return "kind"
    if request.merchant != key.merchant:
        return "merchant"
    if txn.configuration.vault.card_hash(request.pan or "") != key.card:
        return "card"
    if (numbers[:_BATCH], numbers[_BATCH:_BATCH_AND_STAN]) != (key.batch, key.stan):
        return "batch or STAN"
    given = (request.value("38") or "").strip()
    known = row.answer.authorisation.strip() if row.answer is not None else ""
    return "authorisation code" if given and given != known else None
