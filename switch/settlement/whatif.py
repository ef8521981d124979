"""What would have been paid under another tariff (switch/settlement): rows quoted once more.

What is given back follows its original as that would have been quoted, where it is of the period.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fees.matrix import RETURNS
from fees.quote import Leg, Refund, Tariffs
from fees.tariff import MissingTariffError
from switch.core.configuration import Configuration
from switch.core.operations import Row, TransactionKey
from switch.core.transaction import State
from switch.settlement.movements import CARDHOLDERS, NETWORK, POINT
from switch.settlement.pricing import Pricing
from switch.settlement.rules import DEBIT, Rules


class WhatIf(msgspec.Struct):
    """Fees by account, as they were and as they would have been; what could not be quoted."""

    before: dict[str, int] = {}
    after: dict[str, int] = {}
    count: int = 0
    unquoted: int = 0


class Requoting:
    """Quotes rows once more; one whose terminal or card is gone keeps its fees, and is counted."""

    def __init__(self, configuration: Configuration, tariffs: Tariffs, rules: Rules) -> None:
        """Take the other tariff; everything else is the installation's."""
        self.found = WhatIf()
        self._pricing = Pricing(configuration, rules, tariffs)
        self._configuration, self._tariffs, self._rules = configuration, tariffs, rules
        self._originals: dict[TransactionKey, tuple[tuple[Leg, ...], int]] = {}
        self._refunded: dict[TransactionKey, int] = {}

    def take(self, rows: Iterable[Row]) -> WhatIf:
        """Add rows in the order of their opening; return the sums so far."""
        for row in rows:
            kind = self._rules.kinds.get(row.record.kind)
            if row.state is not State.APPROVED or kind is None or not kind.fee:
                continue
            if kind.is_transfer and not (kind.is_leg and kind.side == DEBIT):
                continue  # what a transfer costs stands with its debit
            self._add(row, kind.fee)
        return self.found

    def _add(self, row: Row, fee: str) -> None:
        record, found = row.record, self.found
        old = self._configuration.tariffs.legs(record.legs, record.fee_rules)
        try:
            legs = self._quoted(row, fee)
        except MissingTariffError:
            legs = None
        if legs is None:
            found.unquoted += 1
            legs = old
        if row.taken_fen:
            self._originals[row.key] = legs, row.record.amount_fen
        found.count += 1
        _book(found.before, row, old)
        _book(found.after, row, legs)

    def _quoted(self, row: Row, fee: str) -> tuple[Leg, ...] | None:
        case = self._pricing.case(row, fee)
        if case is None:
            return None
        if fee not in RETURNS:
            return self._tariffs.quote(case, row.record.amount_fen).legs
        known = self._originals.get(row.taking.of) if row.taking is not None else None
        if known is None or row.taking is None:
            return None
        legs, whole_fen = known
        if fee != "refund":
            return self._tariffs.give_back(case, legs).legs
        of, fen = row.taking.of, row.record.amount_fen
        before_fen = self._refunded.get(of, 0)
        self._refunded[of] = before_fen + fen
        return self._tariffs.give_back_part(case, legs, Refund(whole_fen, before_fen, fen)).legs


def _book(sums: dict[str, int], row: Row, legs: Iterable[Leg]) -> None:
    accounts = {
        "cardholder": CARDHOLDERS + row.record.issuer,
        "issuer": row.record.issuer,
        "acquirer": row.record.acquirer,
        "network": NETWORK,
        "merchant": POINT + row.key.merchant,
    }
    for leg in legs:
        for party, fen in ((leg.payer, -leg.amount_fen), (leg.payee, leg.amount_fen)):
            account = accounts[party]
            sums[account] = sums.get(account, 0) + fen
