"""Quotes and fee tables as objects and as tables for people (switch/cli).

The keys of the objects are a public contract.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from rich.text import Text

from fees.matrix import DIMENSIONS, Matrix, Rule
from fees.quote import Case, Quote, Tariffs
from fees.tariff import EVERY_BANK
from messages.values import Amount
from switch.cli.drawing import drawn, plain, table

_TITLES: Final = (
    ("C", "what the cardholder pays 持卡人收费"),
    ("I", "what institutions pay each other 机构间分润"),
)


class Told(msgspec.Struct):
    """A quote and what it was asked about."""

    case: Case
    amount_fen: int
    quote: Quote
    tariffs: Tariffs


def quote_object(told: Told) -> str:
    """Return a quote as one line of JSON."""
    quote = told.quote
    said: dict[str, Any] = {
        "case": msgspec.to_builtins(told.case),
        "amount_fen": told.amount_fen,
        "refused": quote.is_refused,
        "cardholder_fen": quote.cardholder_fen,
        "rules": [_brief(rule) for rule in _rules(told)],
        "legs": msgspec.to_builtins(quote.legs),
    }
    return msgspec.json.encode(said).decode()


def quote_drawn(told: Told) -> str:
    """Return a quote as a table of its legs, and the two rows that decided."""
    case, quote = told.case, told.quote
    banks = f"issuer {_bank(case.issuer)}", f"acquirer {_bank(case.acquirer)}"
    asked = (f"{case.transaction} {Amount(told.amount_fen)}", *case.cell[1:])
    title = ", ".join((*asked, f"MCC {case.category}", *banks))
    made = table("Payer", "Payee", "Yuan", "Row", "Clause", title=f"{title}, {case.day}")
    for leg in quote.legs:
        cells = (leg.payer, leg.payee, str(Amount(leg.amount_fen)), leg.rule, leg.clause)
        made.add_row(*map(plain, cells))
    rows = [plain(f"{rule.id}  {' '.join(rule.title)}") for rule in _rules(told)]
    if quote.is_refused:
        return drawn(plain(f"{title}: refused with 57"), *rows)
    pays = f"The cardholder pays {Amount(quote.cardholder_fen)} yuan."
    return drawn(made, *rows, plain(pays))


def _bank(name: str) -> str:
    return "any" if name == EVERY_BANK else name


def tables_object(matrix: Matrix) -> str:
    """Return both tables as one line of JSON."""
    said = {
        "name": matrix.name,
        "title": matrix.title,
        "source": matrix.source,
        "options": msgspec.to_builtins(matrix.options),
        "welfare_categories": sorted(matrix.welfare_categories),
        "cardholder": [_whole(rule) for rule in matrix.cardholder],
        "interbank": [_whole(rule) for rule in matrix.interbank],
    }
    return msgspec.json.encode(said).decode()


def tables_drawn(matrix: Matrix) -> str:
    """Return both tables for people, with the readings under which they stand."""
    parts = []
    for (name, words), rules in zip(_TITLES, (matrix.cardholder, matrix.interbank), strict=True):
        made = table(name, "Cases", "Rule, prices, clause", title=words)
        for rule in rules:
            told = (*rule.title, *_prices(rule), rule.clause)
            made.add_row(plain(rule.id), _lines(_cases(rule)), _lines(told))
        parts.append(made)
    options = msgspec.to_builtins(matrix.options)
    read = ", ".join(f"{name} = {msgspec.json.encode(v).decode()}" for name, v in options.items())
    return drawn(*parts, plain(f"{' '.join(matrix.title)}: {read}"))


def _rules(told: Told) -> tuple[Rule, ...]:
    found = map(told.tariffs.rule, told.quote.rules.split())
    return tuple(rule for rule in found if rule is not None)


def _brief(rule: Rule) -> dict[str, str]:
    return {"id": rule.id, "en": rule.title[0], "zh": rule.title[1], "clause": rule.clause}


def _whole(rule: Rule) -> dict[str, Any]:
    """Return a row of a table; values by dimension, in the order of the dimensions."""
    return {
        **_brief(rule),
        "boxes": [
            {
                "option": dict(box.option),
                "values": {n: _in_order(n, box.values[n]) for n in DIMENSIONS if n in box.values},
            }
            for box in rule.boxes
        ],
        "not_under": rule.not_under,
        "charges": rule.charges,
        "parts": [
            {
                "payer": part.payer,
                "payee": part.payee,
                "price": part.price,
                "values": {n: _in_order(n, part.values[n]) for n in DIMENSIONS if n in part.values},
            }
            for part in rule.parts
        ],
        "ceiling": rule.ceiling,
    }


def _in_order(dimension: str, values: Iterable[str]) -> list[str]:
    return sorted(values, key=DIMENSIONS[dimension].index)


def _cases(rule: Rule) -> list[str]:
    """Return a line for each box; a box that needs an option names it."""
    found = []
    for box in rule.boxes:
        texts = [",".join(_in_order(n, box.values[n])) for n in DIMENSIONS if n in box.values]
        options = ", ".join(f"{name} = {value}".lower() for name, value in box.option.items())
        found.append("; ".join(texts) + (f" (if {options})" if options else ""))
    if rule.not_under:
        found.append(f"not under {', '.join(rule.not_under)}")
    return found


def _prices(rule: Rule) -> list[str]:
    found = [f"{part.payer} to {part.payee}: {part.price}" for part in rule.parts]
    if rule.ceiling:
        found.append(f"at most {rule.ceiling}")
    if rule.charges != "priced":
        found.append(rule.charges.replace("_", " "))
    return found


def _lines(lines: Iterable[str]) -> Text:
    return Text("\n").join([plain(line) for line in lines])
