"""Issuers' statements (switch/cli): a CSV of a day, or the books that `jinbao issuer` keeps.

A statement has a line for each transaction: DE 37, and fen off the account (negative: onto it).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Container
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from switch.cli.outcome import stop
from switch.core.moment import Local, clearing_day
from switch.shell.watching.log import mask_digits

Statements = Annotated[
    list[str] | None,
    typer.Option(metavar="ISSUER=FILE", help="An issuer's statement; once for each issuer."),
]
_HEAD: Final = ["rrn", "fen"]


class _Origin(msgspec.Struct):
    transmission: str


class _Movement(msgspec.Struct):
    rrn: str
    amount_fen: int
    origin: _Origin


class _Books(msgspec.Struct):
    movements: list[_Movement]


def statements_of(
    given: list[str], day: int, cut_over: str, issuers: Container[str]
) -> dict[str, list[tuple[str, int]]]:
    """Return what issuers say of a day; status 2 for a file that is no statement."""
    found = {}
    for each in given:
        issuer, _, name = each.partition("=")
        if not name or issuer not in issuers:
            stop(f"--statement {each!r}: should be an issuer of the folder, =, and a file")
        try:
            data = Path(name).read_bytes()
        except OSError as error:
            stop(f"{name}: {error.strerror}")
        found[issuer] = (
            _of_books(name, data, day, cut_over) if data[:1] == b"{" else _of_csv(name, data)
        )
    return found


def _of_csv(name: str, data: bytes) -> list[tuple[str, int]]:
    entries = []
    try:
        lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error):
        stop(f"{name} is no CSV in UTF-8")
    if not lines or lines[0] != _HEAD:
        stop(f"{name}: the first line should be rrn,fen")
    for number, line in enumerate(lines[1:], 2):
        try:
            rrn, fen = line
            entries.append((mask_digits(rrn), int(fen)))
        except ValueError:
            stop(f"{name}, line {number}: should be a reference number and whole fen")
    return entries


def _of_books(name: str, data: bytes, day: int, cut_over: str) -> list[tuple[str, int]]:
    """Return what a simulated issuer booked for a clearing day, reversals taken off."""
    try:
        books = msgspec.json.decode(data, type=_Books)
    except msgspec.MsgspecError:
        stop(f"{name} holds no issuer's books")
    sums: dict[str, int] = {}
    for movement in books.movements:
        sent = movement.origin.transmission
        at = Local(day // 10_000 * 10_000 + int(sent[:4]), sent[4:], sent[:4], sent)
        if clearing_day(at, cut_over) == day:
            sums[movement.rrn] = sums.get(movement.rrn, 0) - movement.amount_fen
    return [(rrn, fen) for rrn, fen in sums.items() if fen]
