"""What one transaction costs (fees): a row of table C and a row of table I, as legs in whole fen.

`Tariffs` is made at load and never changes. What a case needs is put together at its first
transaction and kept (a plan), so that a quote is a look-up and a few integer operations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from fees.matrix import (
    PARTIES,
    PRICED,
    REFUSED,
    RETURNED_IN_PROPORTION,
    Cell,
    Matrix,
    Part,
    Rule,
    shown,
)
from fees.rounding import MILLION, half_up
from fees.tariff import (
    EVERY_BANK,
    FREE,
    BankTariff,
    MissingTariffError,
    NationalPrices,
    Price,
    in_force,
)

MOST_PLANS: Final = 65_536
"""Plans kept; from there on all are forgotten and made again when they are needed."""
_WHOLE: Final = 100
_SCALE: Final = MILLION * _WHOLE
"""Of the exact amounts in a plan: millionths by rates, hundredths by discounts."""
_NO_BOUND: Final = 1 << 90


class Case(msgspec.Struct, frozen=True, gc=False):
    """What a quote depends on beside the amount; values as in `fees.matrix.DIMENSIONS`.

    `category` is DE 18, `day` YYYYMMDD, `issuer` and `acquirer` institution identifiers.
    """

    transaction: str
    card: str
    side: str
    city: str
    channel: str
    institution: str
    category: str
    day: int
    issuer: str
    acquirer: str

    @property
    def cell(self) -> Cell:
        """The case of the fee matrix that it is."""
        return (
            self.transaction, self.card, self.side, self.city, self.channel, self.institution,
        )  # fmt: skip


class Leg(msgspec.Struct, frozen=True, gc=False):
    """One payment: from whom, to whom, how much, and by which rule of which clause."""

    payer: str
    payee: str
    amount_fen: int
    rule: str
    clause: str


class Quote(msgspec.Struct, frozen=True, gc=False):
    """What a transaction costs. `cardholder_fen` is DE 28, the sum of the cardholder's legs.

    `is_refused`: not priced, and therefore refused (C8). `is_returned`: the legs give back what
    an original took. `rules` are the two rows, such as `C7 I6`.
    """

    cardholder_fen: int
    legs: tuple[Leg, ...]
    rules: str
    is_refused: bool = False
    is_returned: bool = False


Stored = tuple[tuple[str, int], ...]
"""Legs as a ledger keeps them: initials of payer and payee, and fen; without those of nothing."""
_PARTY_OF: Final = {name[0]: name for name in PARTIES}


def stored(quote: Quote) -> Stored:
    """Return the legs of a quote that move money, for a ledger."""
    return tuple(
        [(leg.payer[0] + leg.payee[0], leg.amount_fen) for leg in quote.legs if leg.amount_fen]
    )


class Refund(msgspec.Struct, frozen=True, gc=False):
    """How much of an original of `original_fen` is refunded now, and was before."""

    original_fen: int
    before_fen: int
    refund_fen: int


class _Line(msgspec.Struct, frozen=True):
    """A leg of a plan: its price as four numbers over `_SCALE`, or whole where `leg` is ready.

    `steps` is a price that goes by more than one step; the numbers are not used then.
    """

    leg: Leg | None
    payer: str
    payee: str
    rule: str
    clause: str
    fixed: int
    rate: int
    least: int
    most: int
    steps: Price | None
    kept_percent: int


class _Plan(msgspec.Struct, frozen=True):
    """Everything of a case but the amount; `quote` where the amount makes no difference."""

    quote: Quote | None
    cardholder: tuple[_Line, ...]
    ceiling: _Line | None
    interbank: tuple[_Line, ...]
    rules: str


class Tariffs:
    """The whole set: matrix, national prices, and the banks' tariffs, the latest first."""

    def __init__(
        self,
        matrix: Matrix,
        national: NationalPrices,
        banks: Mapping[str, tuple[BankTariff, ...]],
    ) -> None:
        """Keep what was loaded; nothing changes afterwards but the plans at hand."""
        self.matrix = matrix
        self.national = national
        self.banks = banks
        self.card_counts = matrix.options.in_city == "terminal_and_card"
        """Whether a card from elsewhere makes a withdrawal in the city one out of it."""
        self._rules = {rule.id: rule for rule in (*matrix.cardholder, *matrix.interbank)}
        self._plans: dict[Case, _Plan] = {}

    def __repr__(self) -> str:
        return f"Tariffs({self.matrix.name}, {len(self.banks)} banks)"

    def city(self, *, is_terminal_in: bool, is_card_in: bool) -> str:
        """Return whether a transaction is in the city of the notice: `in` or `out`."""
        return "in" if is_terminal_in and (is_card_in or not self.card_counts) else "out"

    def institution(self, category: str, *, is_public_welfare: bool) -> str:
        """Return `W` for a public-welfare institution (category and flag both say so) or `O`."""
        is_listed = category in self.matrix.welfare_categories
        return "W" if is_public_welfare and is_listed else "O"

    def rules(self, case: Case) -> tuple[Rule, Rule]:
        """Return the rows of tables C and I; MissingTariffError for values that nobody knows."""
        found = self.matrix.cells.get(case.cell)
        if found is None:
            raise MissingTariffError(f"there is no case {shown(case.cell)}")
        return found

    def quote(self, case: Case, amount_fen: int) -> Quote:
        """Return what a transaction costs; MissingTariffError where a price is missing.

        Reversals, voids and refunds are not quoted: `give_back` and `give_back_part`.
        """
        plan = self._plans.get(case) or self._keep(case)
        if plan.quote is not None:
            return plan.quote
        total = 0
        legs: list[Leg] = []
        for line in plan.cardholder:
            leg = line.leg or _leg(line, amount_fen)
            total += leg.amount_fen
            legs.append(leg)
        if total and plan.ceiling is not None:
            most_fen = _fen(plan.ceiling, amount_fen)
            if total > most_fen:
                _cut(legs, total - most_fen)
                total = most_fen
        legs += [line.leg or _leg(line, amount_fen) for line in plan.interbank]
        return Quote(total, tuple(legs), plan.rules)

    def give_back(self, case: Case, original: Sequence[Leg]) -> Quote:
        """Return the legs of a reversal or void: exactly the original's, the other way round."""
        return self._returned(case, original, None)

    def give_back_part(self, case: Case, original: Sequence[Leg], refund: Refund) -> Quote:
        """Return the legs of a refund: in proportion, and whole once everything is refunded."""
        return self._returned(case, original, refund)

    def legs(self, kept: Stored, rules: str) -> tuple[Leg, ...]:
        """Return the legs that a ledger kept, by the rules of their quote (`C7 I6`)."""
        first, _, second = rules.partition(" ")
        found = []
        for parties, fen in kept:
            payer, payee = (_PARTY_OF[initial] for initial in parties)
            rule = first if "cardholder" in {payer, payee} else second
            found.append(Leg(payer, payee, fen, rule, self.clause(rule)))
        return tuple(found)

    def clause(self, rule: str) -> str:
        """Return the clause of a row, empty for one that this matrix does not have."""
        found = self.rule(rule)
        return found.clause if found is not None else ""

    def rule(self, name: str) -> Rule | None:
        """Return a row of either table by its name."""
        return self._rules.get(name)

    # ------------------------------------------------------------------------------- inside

    def _keep(self, case: Case) -> _Plan:
        plan = self._planned(case)
        if len(self._plans) >= MOST_PLANS:
            self._plans.clear()
        self._plans[case] = plan
        return plan

    def _planned(self, case: Case) -> _Plan:
        first, second = self.rules(case)
        rules = f"{first.id} {second.id}"
        if first.charges == REFUSED:
            return _Plan(Quote(0, (), rules, is_refused=True), (), None, (), rules)
        if first.charges != PRICED or second.charges != PRICED:
            raise ValueError(f"{rules} give back what an original took, and are not quoted")
        cardholder = self._lines(first, case, is_cardholder=True)
        interbank = self._lines(second, case, is_cardholder=False)
        ceiling = None
        if first.ceiling:
            most = Part(payer="cardholder", payee="issuer", price=first.ceiling)
            ceiling = _line(most, first, self._price(first.ceiling, case, first), _WHOLE)
        if not cardholder:
            free = Part(payer="cardholder", payee="issuer", price="free")
            cardholder = (_line(free, first, FREE, _WHOLE),)
        legs = [line.leg for line in (*cardholder, *interbank) if line.leg is not None]
        total = sum(leg.amount_fen for leg in legs if leg.payer == "cardholder")
        is_fixed = len(legs) == len(cardholder) + len(interbank) and not (total and ceiling)
        quote = Quote(total, tuple(legs), rules) if is_fixed else None
        return _Plan(quote, cardholder, ceiling, interbank, rules)

    def _lines(self, rule: Rule, case: Case, *, is_cardholder: bool) -> tuple[_Line, ...]:
        return tuple(
            _line(
                part,
                rule,
                self._price(part.price, case, rule),
                self._kept(part, case) if is_cardholder else _WHOLE,
            )
            for part in rule.parts
            if all(getattr(case, name) in values for name, values in part.values.items())
        )

    def _kept(self, part: Part, case: Case) -> int:
        bank = self._bank(case.issuer if part.payee == "issuer" else case.acquirer, case.day)
        return _WHOLE - (bank.discount_percent.get(case.channel, 0) if bank is not None else 0)

    def _price(self, name: str, case: Case, rule: Rule) -> Price:
        """Return the price of this name: `free`, `issuer.x`, `acquirer.x` or `national.x`."""
        owner, _, what = name.partition(".")
        if owner == "free":
            return FREE
        if owner == "national":
            return self._national(what, case, rule)
        bank = case.issuer if owner == "issuer" else case.acquirer
        tariff = self._bank(bank, case.day)
        if tariff is None:
            raise MissingTariffError(f"{rule.id}: no tariff of bank {bank} on {case.day}")
        if owner == "acquirer":
            price = tariff.as_acquirer.get(what)
        elif what == "standard":
            price = tariff.standard.get((case.transaction, case.side, case.city))
        else:
            price = tariff.as_issuer.get(what)
        if price is None:
            since = f"the tariff of bank {bank} valid from {tariff.valid_from}"
            raise MissingTariffError(f"{rule.id}: {since} has no price {name}")
        return price

    def _national(self, what: str, case: Case, rule: Rule) -> Price:
        if what == "farm_workers":
            ceiling = in_force(self.national.farm_workers, case.day)
            if ceiling is not None:
                return ceiling.price
            raise MissingTariffError(f"{rule.id}: no 农民工 ceiling on {case.day}")
        rates = in_force(self.national.rates, case.day)
        if rates is None:
            raise MissingTariffError(f"{rule.id}: no national rates on {case.day}")
        found = rates.of(case.category)
        if what == "issuer":
            return found.issuer_credit if case.card == "credit" else found.issuer
        if what == "network":
            return found.network
        if what == "network_of_issuer":
            return found.network_of_issuer
        return found.acquirer or self._price("acquirer.purchase", case, rule)

    def _bank(self, bank: str, day: int) -> BankTariff | None:
        own = in_force(self.banks.get(bank, ()), day)
        return own or in_force(self.banks.get(EVERY_BANK, ()), day)

    def _returned(self, case: Case, original: Sequence[Leg], refund: Refund | None) -> Quote:
        first, second = self.rules(case)
        if first.charges in {PRICED, REFUSED}:
            raise ValueError(f"{first.id} gives nothing back")
        is_part = first.charges == RETURNED_IN_PROPORTION
        if is_part != (refund is not None):
            raise ValueError(f"{first.id} takes {'an' if is_part else 'no'} amount")
        legs = tuple(
            self._back(leg, first if leg.payer == "cardholder" else second, case, refund)
            for leg in original
        )
        total = sum(leg.amount_fen for leg in legs if leg.payee == "cardholder")
        return Quote(total, legs, f"{first.id} {second.id}", is_returned=True)

    def _back(self, leg: Leg, rule: Rule, case: Case, refund: Refund | None) -> Leg:
        fen = leg.amount_fen
        if refund is not None:
            fen = _share(fen, refund) if self._refunds(leg.payee, case) else 0
        return Leg(leg.payee, leg.payer, fen, rule.id, rule.clause)

    def _refunds(self, receiver: str, case: Case) -> bool:
        """Tell whether who got a fee gives it back when a purchase is refunded."""
        if receiver not in {"issuer", "acquirer"}:
            return True
        bank = self._bank(case.issuer if receiver == "issuer" else case.acquirer, case.day)
        return bank is None or bank.refunds_in_proportion


def _line(part: Part, rule: Rule, price: Price, kept_percent: int) -> _Line:
    step = price.steps[0]
    leg = None
    if price.is_flat:
        fen = price.fee_fen(0, kept_percent)
        leg = Leg(part.payer, part.payee, fen, rule.id, rule.clause)
    scale = MILLION * kept_percent
    return _Line(
        leg,
        part.payer,
        part.payee,
        rule.id,
        rule.clause,
        step.fixed_fen * scale,
        step.rate_ppm * kept_percent,
        step.least_fen * scale,
        _NO_BOUND if step.most_fen is None else step.most_fen * scale,
        price if len(price.steps) > 1 else None,
        kept_percent,
    )


def _fen(line: _Line, amount_fen: int) -> int:
    """Return what a line comes to; `Price.fee_fen` in the numbers of a plan."""
    if line.steps is not None:
        return line.steps.fee_fen(amount_fen, line.kept_percent)
    exact = line.fixed + amount_fen * line.rate
    if exact < line.least:
        exact = line.least
    elif exact > line.most:
        exact = line.most
    return half_up(exact, _SCALE)


def _leg(line: _Line, amount_fen: int) -> Leg:
    """Return a leg whose amount depends on the transaction's."""
    return Leg(line.payer, line.payee, _fen(line, amount_fen), line.rule, line.clause)


def _cut(legs: list[Leg], over_fen: int) -> None:
    """Take what is over a ceiling off the last legs first: the issuer's part stands longest."""
    for index in range(len(legs) - 1, -1, -1):
        leg = legs[index]
        taken = min(over_fen, leg.amount_fen)
        over_fen -= taken
        legs[index] = Leg(leg.payer, leg.payee, leg.amount_fen - taken, leg.rule, leg.clause)


def _share(fen: int, refund: Refund) -> int:
    """Return what this refund gives back of a leg: what all so far do, less what was given.

    So refunds in several parts return the whole leg and not a fen more.
    """
    after = min(refund.before_fen + refund.refund_fen, refund.original_fen)
    before = min(refund.before_fen, refund.original_fen)
    if refund.original_fen <= 0:
        return 0
    return half_up(fen * after, refund.original_fen) - half_up(fen * before, refund.original_fen)
