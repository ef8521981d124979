"""Stop 8: what the transaction costs, by the two fee tables and the banks' tariffs.

Answers 96 where a price is missing, which is our own fault and always reported, and 57 where the
tables say that it is not done here (a withdrawal at a merchant).
"""

from __future__ import annotations

from fees.matrix import RETURNS
from fees.tariff import MissingTariffError
from messages.reasons import Reason
from switch.core.financial.pricing import case_of
from switch.core.rules import Decline, Rule
from switch.core.terminals.request import Transaction

_MOST_FEN = 99_999_999
"""DE 28 has 8 digits."""


def quote_fee(txn: Transaction) -> Decline | None:
    """Quote what the cardholder pays, and what the institutions pay each other."""
    business = txn.rule.business
    if business is None or business.fee in RETURNS or business.only_tells:
        return None  # what gives back is quoted when its original is found
    try:
        quote = txn.configuration.tariffs.quote(case_of(txn, business.fee), txn.amount_fen)
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
