"""The figures of a quarter (switch/settlement): per issuing bank and per service point.

Rows stream through and only sums stay: memory goes by banks and points, not by transactions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from messages.reasons import Reason
from switch.core.issuers.messages import REJECTED
from switch.core.operations import Row
from switch.core.transaction import State
from switch.ledger.protocol import Refusals
from switch.settlement.pricing import FREE, NOTHING, WAIVED, Pricing, Waiver
from switch.settlement.rules import DEBIT, KindOf, Rules

_DOUBT: Final = frozenset(
    {State.FORWARDED, State.IN_DOUBT, State.REVERSING, State.ADVISED, State.MOVING}
    | {State.CREDITING}
)
_MANUAL: Final = frozenset({State.REVERSAL_EXPIRED, State.ADVICE_EXPIRED})


class OfKind(msgspec.Struct, gc=False):
    """What one kind of transaction comes to."""

    count: int = 0
    amount_fen: int = 0
    fee_fen: int = 0


class Figures(msgspec.Struct, gc=False):
    """The figures of a bank or a point.

    Fees are the cardholders' (`fee_fen`) and what institutions get of each other; `waived` are
    transactions under 四(四)3(5), `free` those that (1) and (2) make free, each with the fees that
    were not charged; `unpriced` are those of which that cannot be said any more. `capped` are
    days of cards on which a cap was used up whole, `over_cap` requests that a cap had no room for.
    `declined` counts by DE 39 what banks and hosts declined, `refused` by DE 39 and our reason
    (`61 daily_cap_exceeded`) what the switch refused before it asked anyone.
    """

    kinds: dict[str, OfKind] = {}
    requests: int = 0
    approved: int = 0
    amount_fen: int = 0
    returned: int = 0
    returned_fen: int = 0
    fee_fen: int = 0
    issuer_fen: int = 0
    acquirer_fen: int = 0
    network_fen: int = 0
    waived: int = 0
    waived_fen: int = 0
    free: int = 0
    free_fen: int = 0
    unpriced: int = 0
    declined: dict[str, int] = {}
    refused: dict[str, int] = {}
    unsent: int = 0
    in_doubt: int = 0
    reversed_: int = 0
    manual: int = 0
    capped: int = 0
    over_cap: int = 0

    @property
    def said_no(self) -> int:
        """How many requests were declined or refused, by whomever."""
        return sum(self.declined.values()) + sum(self.refused.values())


class Summary(msgspec.Struct, gc=False):
    """A period by issuing bank, by host of services and by service point, and all in all."""

    from_day: int
    until_day: int
    whole: Figures
    issuers: dict[str, Figures] = {}
    points: dict[str, Figures] = {}
    services: dict[str, Figures] = {}


CardDay = tuple[bytes, int]


class Summarising:
    """Adds rows up. `full` are the card-days whose cap was used up, `pricing` is for waivers."""

    def __init__(
        self,
        days: tuple[int, int],
        rules: Rules,
        full: Iterable[CardDay] = (),
        pricing: Pricing | None = None,
    ) -> None:
        """Begin with nothing; of `days` both are inclusive."""
        from_day, until_day = days
        self._pricing = pricing
        self.summary = Summary(from_day, until_day, Figures())
        self._rules = rules
        self._full = set(full)

    def take(self, rows: Iterable[Row]) -> Summary:
        """Add rows; return the summary so far."""
        summary = self.summary
        issuers, points, whole = summary.issuers, summary.points, summary.whole
        services, hosts = summary.services, self._rules.hosts
        for row in rows:
            kind = self._rules.kinds.get(row.record.kind)
            if row.state is State.FORESTALLED:
                continue
            asked = services if row.record.issuer in hosts else issuers
            issuer = asked.get(row.record.issuer)
            if issuer is None:
                issuer = asked[row.record.issuer] = Figures()
            if kind is not None and kind.is_pay_out:
                self._add(row, (whole, issuer))
                continue
            point = points.get(row.key.merchant)
            if point is None:
                point = points[row.key.merchant] = Figures()
            if kind is None or not kind.is_leg:
                self._add(row, (whole, issuer, point))
            elif row.state is State.APPROVED:
                # The transfer counts; what institutions get of each other stands with its debit.
                _add_legs(row, (whole, issuer, point))
        return summary

    def take_refusals(self, refusals: Iterable[Refusals]) -> Summary:
        """Add what the switch refused by itself; return the summary so far.

        A refusal without a code is that of a transfer's leg: of the request a row tells.
        """
        summary = self.summary
        for each in refusals:
            is_host = each.issuer in self._rules.hosts
            asked = summary.services if is_host else summary.issuers
            of = (
                summary.whole,
                asked.setdefault(each.issuer, Figures()),
                summary.points.setdefault(each.merchant, Figures()),
            )
            name = f"{each.code} {each.reason}"
            for figures in of:
                figures.over_cap += each.count * (each.reason == Reason.DAILY_CAP_EXCEEDED.value)
                if each.code:
                    figures.requests += each.count
                    figures.refused[name] = figures.refused.get(name, 0) + each.count
        return summary

    def _add(self, row: Row, of: tuple[Figures, ...]) -> None:
        state, cap = row.state, row.cap
        for figures in of:
            figures.requests += 1
        if state is State.APPROVED:
            self._add_approved(row, of)
        elif state is State.DECLINED:
            # A message that a header rejected has no code of its own but what was told.
            told = row.answer if row.reason == REJECTED else None
            code = told.code if told is not None else row.reason
            for figures in of:
                figures.declined[code] = figures.declined.get(code, 0) + 1
        else:
            name = _name(state)
            for figures in of:
                setattr(figures, name, getattr(figures, name) + 1)
        if cap is not None and self._full and (row.key.card, cap.day) in self._full:
            # Each card-day once, at the point where it is met first.
            self._full.discard((row.key.card, cap.day))
            for figures in of:
                figures.capped += 1

    def _add_approved(self, row: Row, of: tuple[Figures, ...]) -> None:
        record = row.record
        kind = self._rules.kinds.get(record.kind)
        is_credit = kind is not None and kind.side not in {DEBIT, "none"} and not kind.is_pay_out
        moves = kind is not None and "none" not in {kind.side, kind.settles}
        moves = moves or (kind is not None and kind.is_transfer)
        _add_legs(row, of)
        rules = record.fee_rules.split()
        is_waived, is_free = WAIVED in rules, not FREE.isdisjoint(rules)
        waiver = self._waiver(row, kind) if is_waived or is_free else NOTHING
        for figures in of:
            figures.approved += 1
            found = figures.kinds.get(record.kind)
            if found is None:
                found = figures.kinds[record.kind] = OfKind()
            found.count += 1
            found.amount_fen += record.amount_fen
            found.fee_fen += record.fee_fen
            if is_credit:
                figures.returned += 1
                figures.returned_fen += record.amount_fen
            elif moves:
                figures.amount_fen += record.amount_fen
            figures.fee_fen += record.fee_fen
            figures.waived += is_waived
            figures.waived_fen += waiver.between_fen
            figures.free += is_free
            figures.free_fen += waiver.cardholder_fen
            figures.unpriced += not waiver.is_priced

    def _waiver(self, row: Row, kind: KindOf | None) -> Waiver:
        if self._pricing is None or kind is None:
            return Waiver(is_priced=False)
        return self._pricing.waiver(row, kind.fee)


def _add_legs(row: Row, of: tuple[Figures, ...]) -> None:
    gained = {"i": 0, "a": 0, "n": 0}
    for parties, fen in row.record.legs:
        payer, payee = parties[0], parties[1]
        gained[payee] = gained.get(payee, 0) + fen
        gained[payer] = gained.get(payer, 0) - fen
    for figures in of:
        figures.issuer_fen += gained["i"]
        figures.acquirer_fen += gained["a"]
        figures.network_fen += gained["n"]


def _name(state: State) -> str:
    if state in _DOUBT:
        return "in_doubt"
    if state in _MANUAL:
        return "manual"
    return "reversed_" if state is State.REVERSED else "unsent"
