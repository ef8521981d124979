"""The fee matrix (fees): tables C and I as rules over a product of cases, each case in one rule.

A rule covers its boxes less the boxes of the rules that it yields to (`not_under`). There is no
first match: an overlap or a hole is refused, with the rules or the case named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, product
from typing import Final

import msgspec

FINANCIAL: Final = (
    "sale", "preauthorisation", "inquiry", "withdrawal", "payment", "transfer", "remittance",
)  # fmt: skip
"""Transactions that are priced; the completion of a pre-authorisation is a sale."""
RETURNS: Final = ("reversal", "void", "refund")
"""Transactions that give back what an original took."""
TRANSACTIONS: Final = ("social_service", *FINANCIAL, *RETURNS)
CARDS: Final = ("social", "debit", "credit")
SIDES: Final = ("on_us", "off_us")
CITIES: Final = ("in", "out")
CHANNELS: Final = ("R", "U", "M")
INSTITUTIONS: Final = ("W", "O")
DIMENSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "transaction": TRANSACTIONS,
    "card": CARDS,
    "side": SIDES,
    "city": CITIES,
    "channel": CHANNELS,
    "institution": INSTITUTIONS,
}
"""The product over which both tables are total."""
STANDARD_DIMENSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "transaction": FINANCIAL,
    "side": SIDES,
    "city": CITIES,
}
"""The product over which a bank's standard tariff is total."""
PARTIES: Final = ("cardholder", "issuer", "acquirer", "network", "merchant")

PRICED, REFUSED, RETURNED, RETURNED_IN_PROPORTION = (
    "priced", "refused", "returned", "returned_in_proportion",
)  # fmt: skip
"""What a rule does with a case."""

Cell = tuple[str, ...]
"""One case: a value of every dimension, in their order."""


class FeeTableError(ValueError):
    """A table that has a hole or an overlap; the text names the rules or the case."""


class Box(msgspec.Struct, frozen=True):
    """Values per dimension (all of them where it is left out), under options that must hold."""

    values: Mapping[str, frozenset[str]]
    option: Mapping[str, str | bool] = {}


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One leg of a rule: who pays whom, and whose price; `values` narrow it to some cases."""

    payer: str
    payee: str
    price: str
    values: Mapping[str, frozenset[str]] = {}


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a table. `title` is English and Chinese; `ceiling` bounds the sum of its parts."""

    id: str
    title: tuple[str, str]
    clause: str
    boxes: tuple[Box, ...]
    not_under: tuple[str, ...] = ()
    charges: str = PRICED
    parts: tuple[Part, ...] = ()
    ceiling: str = ""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Readings that the notice leaves open: how far 四(四)3(5) reaches, and what 市内 means."""

    waiver_scope: str = "all"
    waiver_urban: bool = True
    in_city: str = "terminal"


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    """Both tables under their options: a rule of each for every case of the product.

    `welfare_categories` are the merchant categories (DE 18) of public-welfare institutions.
    """

    name: str
    title: tuple[str, str]
    source: str
    welfare_categories: frozenset[str]
    options: Options
    cardholder: tuple[Rule, ...]
    interbank: tuple[Rule, ...]
    cells: Mapping[Cell, tuple[Rule, Rule]]


def tabulate(
    cardholder: Sequence[Rule], interbank: Sequence[Rule], options: Options
) -> dict[Cell, tuple[Rule, Rule]]:
    """Return the two rules of every case; FeeTableError where a table is not disjoint and total."""
    first = _table("C", cardholder, options)
    second = _table("I", interbank, options)
    return {cell: (first[cell], second[cell]) for cell in first}


def _table(name: str, rules: Sequence[Rule], options: Options) -> dict[Cell, Rule]:
    stated = msgspec.structs.asdict(options)
    boxes = {rule.id: _standing(rule.boxes, stated) for rule in rules}
    if len(boxes) < len(rules):
        raise FeeTableError(f"table {name}: two rules have one name")
    for rule in rules:
        for other in rule.not_under:
            if other not in boxes or other == rule.id:
                raise FeeTableError(f"table {name}: {rule.id} is not under {other}: no such rule")
    entries = [
        (rule.id, boxes[rule.id], [box for other in rule.not_under for box in boxes[other]])
        for rule in rules
    ]
    by_id = {rule.id: rule for rule in rules}
    found = cover(DIMENSIONS, entries, f"table {name}")
    return {cell: by_id[owner] for cell, owner in found.items()}


def _standing(boxes: Iterable[Box], stated: Mapping[str, object]) -> list[Values]:
    return [
        box.values
        for box in boxes
        if all(stated.get(option) == value for option, value in box.option.items())
    ]


Values = Mapping[str, frozenset[str]]
Entry = tuple[str, Sequence[Values], Sequence[Values]]
"""A name, the boxes that it covers, and the boxes that are taken out of them."""


def cover(
    dimensions: Mapping[str, tuple[str, ...]], entries: Sequence[Entry], table: str
) -> dict[Cell, str]:
    """Return the one entry of every cell of a product; FeeTableError for holes and overlaps."""
    cases = list(product(*dimensions.values()))
    regions = {name: _region(dimensions, boxes, without) for name, boxes, without in entries}
    for one, other in combinations(regions, 2):
        if both := regions[one] & regions[other]:
            first = next(case for case in cases if case in both)
            raise FeeTableError(f"{table}: {one} and {other} both cover {shown(first, dimensions)}")
    found = {cell: name for name, region in regions.items() for cell in region}
    if holes := [case for case in cases if case not in found]:
        more = f" (and {len(holes) - 1} more cases)" if len(holes) > 1 else ""
        raise FeeTableError(f"{table}: nothing covers {shown(holes[0], dimensions)}{more}")
    return found


def _region(
    dimensions: Mapping[str, tuple[str, ...]], boxes: Iterable[Values], without: Iterable[Values]
) -> set[Cell]:
    covered = {cell for box in boxes for cell in _cells(dimensions, box)}
    return covered - {cell for box in without for cell in _cells(dimensions, box)}


def _cells(dimensions: Mapping[str, tuple[str, ...]], box: Values) -> Iterable[Cell]:
    for name, values in box.items():
        if unknown := sorted(values.difference(dimensions.get(name, ()))):
            raise FeeTableError(f"there is no {name} {unknown[0]}")
    return product(*(box.get(name, values) for name, values in dimensions.items()))


def shown(cell: Cell, dimensions: Mapping[str, tuple[str, ...]] = DIMENSIONS) -> str:
    """Return a case as a person reads it: `transaction=sale, card=social, ...`."""
    return ", ".join(f"{name}={value}" for name, value in zip(dimensions, cell, strict=True))
