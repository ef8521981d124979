"""Stop 8: what the transaction costs, by the two fee tables and the banks' tariffs.

Answers 96 where a price is missing, which is our own fault and always reported, and 57 where the
tables say that it is not done here (a withdrawal at a merchant).
"""

from __future__ import annotations

from fees.quote import Case
from fees.tariff import MissingTariffError
from messages.reasons import Reason
from routing.table import Case as Way
from switch.core.configuration import Channel
from switch.core.rules import Decline, Rule
from switch.core.terminals.request import Transaction

_MOST_FEN = 99_999_999
"""DE 28 has 8 digits."""


def quote_fee(txn: Transaction) -> Decline | None:
    """Quote what the cardholder pays, and what the institutions pay each other."""
    business = txn.rule.business
    issuer = txn.configuration.issuers.get(txn.card.issuer)
    if business is None or not business.fee or issuer is None:
        return None  # an unknown issuer is refused at the next stop
    try:
        quote = txn.configuration.tariffs.quote(_case(txn, business.fee), txn.amount_fen)
    except MissingTariffError as missing:
        return Decline(Reason.SYSTEM_ERROR, Rule.FEE_QUOTED, {"why": str(missing)})
    if quote.is_refused:
        return Decline(Reason.CARD_NOT_PERMITTED, Rule.FEE_ALLOWS, {"fee_rule": quote.rules})
    if quote.cardholder_fen > _MOST_FEN:
        why: dict[str, object] = {"why": "the fee does not fit DE 28", "fee_rule": quote.rules}
        return Decline(Reason.SYSTEM_ERROR, Rule.FEE_QUOTED, why)
    txn.quote = quote
    txn.trace.append(Rule.FEE_QUOTED)
    return None


def _case(txn: Transaction, fee: str) -> Case:
    configuration, terminal, card = txn.configuration, txn.terminal, txn.card
    tariffs, channel = configuration.tariffs, terminal.channel
    issuer = configuration.issuers[card.issuer]
    way = configuration.routes.way(terminal.acquirer, card.issuer)
    return Case(
        fee,
        "social" if card.is_social else "debit" if card.is_debit else "credit",
        "on_us" if way.case is Way.ON_US else "off_us",
        tariffs.city(is_terminal_in=terminal.is_in_city, is_card_in=issuer.is_in_city),
        "R" if channel is Channel.RURAL else "U" if channel is Channel.URBAN else "M",
        tariffs.institution(terminal.category, is_public_welfare=terminal.is_public_welfare),
        terminal.category,
        txn.local.day,
        card.issuer,
        terminal.acquirer,
    )
