"""Terminals and cards of a scenario (simulators/load): fictional by number, or from CSV files.

A terminal's file has the columns tid, merchant, master_key; a card's pan, expiry, pin and perhaps
sequence, issuer and card_key, which makes it a chip card. An error names file, line and column, and
never quotes a key, a PAN or a PIN.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from messages.crypto.chip import DOUBLE_LENGTH, CardKey
from messages.crypto.keys import Tmk
from messages.values import is_luhn_valid
from simulators.cards import Card, fictional_card
from simulators.installation import CARDS_EACH, link_name, terminal_identity
from simulators.load.scenario.model import Cards, Fleet
from simulators.requests import Identity

_TERMINAL: Final = ("tid", "merchant", "master_key")
_CARD: Final = ("pan", "expiry", "pin")
_DIGITS: Final = {"pan": r"\d{13,19}", "expiry": r"\d{4}", "pin": r"\d{4,12}", "sequence": r"\d{3}"}


class FleetError(ValueError):
    """A file of terminals or cards that cannot be used: file, line, column and reason."""


class Drawn(msgspec.Struct, frozen=True):
    """A card, and the name of the link that its issuer is on."""

    card: Card
    link: str


def terminals(fleet: Fleet, folder: Path) -> list[Identity]:
    """Return who the terminals are; FleetError where a file is wrong."""
    if not fleet.csv:
        return [terminal_identity(fleet.first + number) for number in range(fleet.terminals)]
    path = folder / fleet.csv
    found = []
    for line, row in _rows(path, _TERMINAL):
        if not re.fullmatch(r"[0-9A-Za-z]{8}", row["tid"]):
            raise FleetError(f"{path}:{line}: tid: not 8 letters or digits")
        try:
            key = Tmk.from_hex(row["master_key"])
        except ValueError as error:
            raise FleetError(f"{path}:{line}: master_key: {error}") from None
        if row["merchant"] and not re.fullmatch(r"[0-9A-Za-z]{15}", row["merchant"]):
            raise FleetError(f"{path}:{line}: merchant: not 15 letters or digits")
        found.append(Identity(id=row["tid"], merchant=row["merchant"], master_key=key))
    if len({each.id for each in found}) != len(found):
        raise FleetError(f"{path}: a tid comes twice")
    return found


def cards(told: Cards, folder: Path) -> list[Drawn]:
    """Return the cards with the links of their issuers; FleetError where a file is wrong."""
    if not told.csv:
        return [_fictional(number, told) for number in range(told.count)]
    path = folder / told.csv
    found = []
    for line, row in _rows(path, _CARD):
        for column, form in _DIGITS.items():
            if column in row and not re.fullmatch(form, row[column], re.ASCII):
                raise FleetError(f"{path}:{line}: {column}: not as many digits as it needs")
        if not is_luhn_valid(row["pan"]):
            raise FleetError(f"{path}:{line}: pan: its check digit is wrong")
        card = Card(
            pan=row["pan"],
            expiry=row["expiry"],
            pin=row["pin"],
            sequence=row.get("sequence") or "001",
            signs=bool(row.get("card_key")),
            key=_card_key(row.get("card_key") or "", f"{path}:{line}"),
        )
        found.append(Drawn(card, row.get("issuer") or "issuer"))
    return found


def _card_key(text: str, place: str) -> CardKey | None:
    """Return the key of a chip, None for a card whose chip makes no cryptograms."""
    if not text:
        return None
    try:
        key = CardKey.from_hex(text)
    except ValueError as error:
        raise FleetError(f"{place}: card_key: {error}") from None
    if key.length != DOUBLE_LENGTH:
        raise FleetError(f"{place}: card_key: a card's key has {DOUBLE_LENGTH} bytes")
    return key


def card_number(number: int, told: Cards) -> int:
    """Return which fictional card the `number`-th of a scenario is: issuers take turns."""
    issuer, place = number % told.issuers, told.first + number // told.issuers
    block, rest = divmod(place, CARDS_EACH)
    return (block * told.issuers + issuer) * CARDS_EACH + rest


def _fictional(number: int, told: Cards) -> Drawn:
    return Drawn(fictional_card(card_number(number, told)), link_name(number % told.issuers))


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FleetError(f"{path}: cannot be read ({type(error).__name__})") from None
    reader = csv.DictReader(text.splitlines())
    columns = tuple(reader.fieldnames or ())
    if missing := [name for name in needed if name not in columns]:
        raise FleetError(f"{path}:1: no column {missing[0]}")
    count = 0
    for row in reader:
        count += 1
        if None in row or None in row.values():
            raise FleetError(f"{path}:{reader.line_num}: not as many values as columns")
        yield reader.line_num, row
    if not count:
        raise FleetError(f"{path}: nothing but a first line")
