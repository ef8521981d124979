"""Rows as cases of the fee tables (switch/settlement), and what the notice's waivers come to.

A ledger keeps six digits of a card, and ranges may be longer: which one it was is told by the rows
of the tables that priced it. Where two would still do, the row is not priced.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from msgspec.structs import replace

from fees.matrix import RETURNS
from fees.quote import Case, Leg, Quote, Tariffs
from fees.rounding import half_up
from fees.tariff import MissingTariffError
from switch.core.configuration import CardRange, Channel, Configuration, Issuer, Terminal
from switch.core.moment import SHANGHAI, local
from switch.core.operations import Row
from switch.settlement.rules import Rules

WAIVED: Final = "I3"
"""The row of the fee tables that waives issuer and network fees (四(四)3(5))."""
FREE: Final = frozenset({"C4", "C5"})
"""Rows by which the cardholder pays nothing (四(四)3(1) and (2))."""
MOST_CASES: Final = 8_192
"""Cases kept; from there on all are forgotten and made again when they are needed."""
_CHANNELS: Final = {Channel.RURAL: "R", Channel.URBAN: "U", Channel.MERCHANT: "M"}
_URBAN, _OTHER = "U", "O"
_SHOWN: Final = 6
_WAIVED_TO: Final = frozenset({"issuer", "network"})

_AHEAD_MS: Final = int(SHANGHAI.total_seconds()) * 1_000
_DAY_MS: Final = 86_400_000

_Key = tuple[str, str, str, str, str, int, str, int]
_Cases = tuple[Case, Case, Case]
"""As it was; at an institution that is not of public welfare; in town."""


class Waiver(NamedTuple):
    """What was not charged, in fen: institutions under (5), cardholders under (1) and (2).

    `is_priced` is False where that cannot be said: the terminal or the card is gone, or a price.
    """

    between_fen: int = 0
    cardholder_fen: int = 0
    is_priced: bool = True


NOTHING: Final = Waiver()
_UNPRICED: Final = Waiver(is_priced=False)


class Pricing:
    """Prices rows by an installation; `tariffs` are another set than its own, where given."""

    def __init__(
        self, configuration: Configuration, rules: Rules, tariffs: Tariffs | None = None
    ) -> None:
        """Take the installation, and how its transactions settle."""
        self.tariffs = tariffs or configuration.tariffs
        self._own = configuration.tariffs
        self._configuration, self._rules = configuration, rules
        self._cases: dict[_Key, _Cases | None] = {}

    def case(self, row: Row, fee: str) -> Case | None:
        """Return what a row is to the fee tables, None where its terminal or card is gone."""
        found = self._found(row, fee)
        return None if found is None else found[0]

    def _found(self, row: Row, fee: str) -> _Cases | None:
        record = row.record
        shown = record.shown_card
        key = (
            fee, row.key.terminal, record.issuer, record.acquirer, shown[:_SHOWN], len(shown),
            record.fee_rules, (record.opened_ms + _AHEAD_MS) // _DAY_MS,
        )  # fmt: skip
        if key not in self._cases:
            if len(self._cases) >= MOST_CASES:
                self._cases.clear()
            case = self._case(row, fee, local(record.opened_ms).day)
            self._cases[key] = None if case is None else (
                case, replace(case, institution=_OTHER), replace(case, channel=_URBAN)
            )  # fmt: skip
        return self._cases[key]

    def waiver(self, row: Row, fee: str) -> Waiver:
        """Return what a transaction would have cost more without the notice's waivers.

        Under (5): at an institution that is not of public welfare. Under (1) and (2): by the bank's
        standard tariff in town. What was given back since is taken off.
        """
        rules = row.record.fee_rules.split()
        is_waived, is_free = WAIVED in rules, not FREE.isdisjoint(rules)
        if not is_waived and not is_free:
            return NOTHING
        cases, amount = self._found(row, fee), row.record.amount_fen
        if cases is None:
            return _UNPRICED
        _, elsewhere, in_town = cases
        between = cardholder = 0
        try:
            if is_waived:
                quote = self._own.quote(elsewhere, amount)
                between = _between(quote) - _kept(row)
            if is_free:
                quote = self._own.quote(in_town, amount)
                cardholder = quote.cardholder_fen - row.record.fee_fen
        except MissingTariffError:
            return _UNPRICED
        return Waiver(_left(row, max(between, 0)), _left(row, max(cardholder, 0)))

    def _case(self, row: Row, fee: str, day: int) -> Case | None:
        terminal = self._configuration.terminals.get(row.key.terminal)
        if terminal is None:
            return None
        cases = []
        for card in self._ranges(row):
            issuer = self._configuration.issuers.get(card.issuer)
            if issuer is not None:
                cases.append(self._of(row, fee, day, (terminal, card, issuer)))
        if len(cases) > 1 and fee not in RETURNS:
            cases = [case for case in cases if self._is_priced_by(case, row.record.fee_rules)]
        return cases[0] if len({self._price_of(case) for case in cases}) == 1 else None

    def _of(self, row: Row, fee: str, day: int, of: tuple[Terminal, CardRange, Issuer]) -> Case:
        terminal, card, issuer = of
        acquirer, tariffs = row.record.acquirer, self.tariffs
        return Case(
            fee,
            "social" if card.is_social else "debit" if card.is_debit else "credit",
            "on_us" if self._rules.is_on_us(card.issuer, acquirer) else "off_us",
            tariffs.city(is_terminal_in=terminal.is_in_city, is_card_in=issuer.is_in_city),
            _CHANNELS[terminal.channel],
            tariffs.institution(terminal.category, is_public_welfare=terminal.is_public_welfare),
            terminal.category,
            day,
            card.issuer,
            acquirer,
        )

    def _ranges(self, row: Row) -> list[CardRange]:
        """Return the ranges that a card may be of: the longest that is shown, and longer ones."""
        shown, issuer = row.record.shown_card, row.record.issuer
        # A social service is at the host; its card is of any bank.
        is_banks = issuer in self._configuration.issuers
        found: list[CardRange] = []
        longest: CardRange | None = None
        for card in self._configuration.card_ranges:
            is_like = shown.startswith(card.prefix[:_SHOWN]) and len(shown) == card.length
            if not is_like:
                continue
            if len(card.prefix) > _SHOWN:
                found.append(card)
            elif longest is None or len(card.prefix) > len(longest.prefix):
                longest = card
        found += [longest] if longest is not None else []
        return [card for card in found if not is_banks or card.issuer == issuer]

    def _price_of(self, case: Case) -> tuple[str, str, bool, str]:
        """Return what the price of one of several cases of a row goes by."""
        first, second = self.tariffs.rules(case)
        return first.id, second.id, case.card == "credit", case.issuer

    def _is_priced_by(self, case: Case, rules: str) -> bool:
        """Tell whether the installation's tables put a case where a row was put."""
        first, second = self._own.rules(case)
        return f"{first.id} {second.id}" == rules


def _between(quote: Quote) -> int:
    """Return the issuer's and the network's service fees of a quote."""
    return sum(leg.amount_fen for leg in quote.legs if _is_service_fee(leg))


def _is_service_fee(leg: Leg) -> bool:
    return leg.payer != "cardholder" and leg.payee in _WAIVED_TO


def _kept(row: Row) -> int:
    """Return the issuer's and the network's service fees that a row was charged."""
    return sum(fen for parties, fen in row.record.legs if parties in {"ai", "an", "in", "mi", "mn"})


def _left(row: Row, fen: int) -> int:
    """Take off what others took of a transaction: a void all, a refund its part."""
    amount = row.record.amount_fen
    if not row.taken_fen or not amount:
        return fen
    return half_up(fen * max(amount - row.taken_fen, 0), amount)
