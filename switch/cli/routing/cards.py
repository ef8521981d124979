"""Which card a question is about (switch/cli): by how its number begins, or by the whole number.

A whole number comes from a file, standard input or a hidden prompt, never from an argument, which
other processes and the shell's history see.
"""

from __future__ import annotations

from typing import Final

from messages.values import is_luhn_valid, mask_pan
from switch.cli.outcome import stop
from switch.cli.security.secrets import read_secret
from switch.core.configuration import CardRange, Configuration

BEGINS: Final = range(6, 13)
"""How many digits say how a card begins."""


def whole_card(configuration: Configuration, pan_file: str) -> tuple[str, CardRange]:
    """Return a card as it may be shown, and its range; status 2 for what is none."""
    card = "".join(read_secret(pan_file, "card number").split())
    if not card.isascii() or not card.isdecimal() or not is_luhn_valid(card):
        stop("the card number is none: its check digit does not fit")
    found = configuration.card_range(card)
    if found is None:
        stop(f"card {mask_pan(card)} is of no range: it would be refused with 14")
    return mask_pan(card), found


def ranges_of(configuration: Configuration, card: str) -> list[CardRange]:
    """Return the ranges of all cards that begin so; status 2 where there is none."""
    if not card.isascii() or not card.isdecimal() or len(card) not in BEGINS:
        stop("give 6 to 12 digits of how the card number begins, or the whole by --pan-file")
    found = [configuration.card_range(card.ljust(n, "0")) for n in configuration.ranges]
    ranges = [each for each in found if each is not None] + [
        each
        for each in configuration.card_ranges
        if len(each.prefix) > len(card) and each.prefix.startswith(card)
    ]
    if not ranges:
        stop(f"cards that begin with {card} are of no range: they would be refused with 14")
    return ranges
