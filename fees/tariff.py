"""Prices and who sets them (fees): a bank's tariff and the national prices, each from a day on.

Days are YYYYMMDD, amounts whole fen, rates parts per million. A price that a bank does not state
is missing, never free: whoever needs it is told which (`MissingTariffError`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, Protocol, TypeVar

import msgspec

from fees.rounding import MILLION, half_up

EVERY_BANK: Final = "*"
"""The bank whose tariff holds for all that have none of their own on a day."""
ISSUER_PRICES: Final = (
    "withdrawal_out_of_city", "withdrawal_off_us", "payment", "transfer", "remittance",
)  # fmt: skip
"""What a bank charges its own cardholders, beside its standard tariff in town."""
ACQUIRER_PRICES: Final = (
    "withdrawal_off_us", "payment", "welfare", "purchase",
    "withdrawal_network", "withdrawal_acquirer", "inquiry_network", "inquiry_acquirer",
    "payment_issuer", "payment_network", "payment_acquirer",
    "transfer_issuer", "transfer_network", "transfer_acquirer",
    "urban_network", "urban_acquirer",
)  # fmt: skip
"""What a bank takes as an acquirer, and what it agreed with the others."""
RATE_PRICES: Final = ("issuer", "network", "network_of_issuer", "acquirer")
"""The legs of a purchase in the national prices."""
_PERCENT: Final = 100


class MissingTariffError(LookupError):
    """No price where one is needed: our own fault, answered 96."""


class Step(msgspec.Struct, frozen=True, gc=False):
    """A price up to an amount, inclusive: fixed + rate, at least and at most; None is no bound."""

    up_to_fen: int | None = None
    fixed_fen: int = 0
    rate_ppm: int = 0
    least_fen: int = 0
    most_fen: int | None = None


class Price(msgspec.Struct, frozen=True):
    """What a service costs, by amount: steps that ascend, the last without an end."""

    steps: tuple[Step, ...]

    @property
    def is_flat(self) -> bool:
        """Whether it is the same for every amount."""
        return len(self.steps) == 1 and not self.steps[0].rate_ppm

    def fee_fen(self, amount_fen: int, kept_percent: int = _PERCENT) -> int:
        """Return the fee for an amount, less a discount, rounded once at the end."""
        for step in self.steps:
            if step.up_to_fen is None or amount_fen <= step.up_to_fen:
                break
        exact = step.fixed_fen * MILLION + amount_fen * step.rate_ppm
        exact = max(exact, step.least_fen * MILLION)
        if step.most_fen is not None and exact > step.most_fen * MILLION:
            exact = step.most_fen * MILLION
        return half_up(exact * kept_percent, MILLION * _PERCENT)


FREE: Final = Price((Step(),))


def make_price(steps: Sequence[Step]) -> Price:
    """Return a price; ValueError where its steps leave an amount without, or with two."""
    if not steps:
        raise ValueError("a price has at least one step")
    ends = [step.up_to_fen for step in steps]
    if ends[-1] is not None:
        raise ValueError("the last step has no up_to_fen: it holds for every larger amount")
    bounded = [end for end in ends[:-1] if end is not None]
    if len(bounded) < len(ends) - 1 or bounded != sorted(set(bounded)):
        raise ValueError("up_to_fen should grow from step to step")
    if any(step.most_fen is not None and step.most_fen < step.least_fen for step in steps):
        raise ValueError("most_fen is below least_fen")
    return Price(tuple(steps))


StandardKey = tuple[str, str, str]
"""Transaction, side and city: what a standard tariff in town goes by."""


class BankTariff(msgspec.Struct, frozen=True, kw_only=True):
    """A bank's own tariff from a day on; `discount_percent` by channel, off what cardholders pay.

    `refunds_in_proportion`: whether it gives its part of a fee back when a purchase is refunded.
    """

    bank: str
    valid_from: int
    refunds_in_proportion: bool
    discount_percent: Mapping[str, int]
    as_issuer: Mapping[str, Price]
    standard: Mapping[StandardKey, Price]
    as_acquirer: Mapping[str, Price]


class RateClass(msgspec.Struct, frozen=True, kw_only=True):
    """The legs of a purchase in one class of merchants. `acquirer` None: the acquirer's own price.

    `title` is English and Chinese; a class without `categories` holds all that no other names.
    """

    id: str
    title: tuple[str, str]
    categories: frozenset[str]
    issuer: Price
    issuer_credit: Price
    network: Price
    network_of_issuer: Price
    acquirer: Price | None


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """The national rates of purchases from a day on, by merchant category (DE 18)."""

    valid_from: int
    clause: str
    by_category: Mapping[str, RateClass]
    otherwise: RateClass

    def of(self, category: str) -> RateClass:
        """Return the class of a merchant category."""
        return self.by_category.get(category, self.otherwise)


class Ceiling(msgspec.Struct, frozen=True, kw_only=True):
    """What a cardholder pays at most for a withdrawal at another bank, from a day on."""

    valid_from: int
    clause: str
    price: Price


class NationalPrices(msgspec.Struct, frozen=True, kw_only=True):
    """What the state sets; the latest first."""

    rates: tuple[Rates, ...]
    farm_workers: tuple[Ceiling, ...]


class _Dated(Protocol):
    @property
    def valid_from(self) -> int: ...


D = TypeVar("D", bound=_Dated)


def in_force(versions: Sequence[D], day: int) -> D | None:
    """Return the version in force on a day, None before the first; the latest come first."""
    for version in versions:
        if version.valid_from <= day:
            return version
    return None


def latest_first(versions: Sequence[D]) -> tuple[D, ...]:
    """Return versions by day, the latest first; ValueError where two begin on one day."""
    ordered = sorted(versions, key=lambda version: -version.valid_from)
    for later, earlier in pairwise(ordered):
        if later.valid_from == earlier.valid_from:
            raise ValueError(f"two versions are valid from {later.valid_from}")
    return tuple(ordered)
