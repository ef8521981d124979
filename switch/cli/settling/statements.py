"""Issuers' statements (switch/cli): a CSV of a day, or the books that `jinbao issuer` keeps.

A statement has a line for each transaction: DE 37, and fen off the account (negative: onto it).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Container
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from switch.cli.outcome import stop
from switch.core.moment import Local, clearing_day, day_near, is_date
from switch.settlement.differences.issuers import Line
from switch.shell.watching.log import mask_digits

Statements = Annotated[
    list[str] | None,
    typer.Option(metavar="ISSUER=FILE", help="An issuer's statement; once for each issuer."),
]
_HEAD: Final = ["rrn", "fen"]
_SHOWN, _LONGEST = 5, 20
"""Faults that are told, and characters of a cell that are."""
_RRN: Final = re.compile(r"[0-9A-Za-z]{12}")
_SENT: Final = re.compile(r"[0-9]{10}")
_FEN: Final = re.compile(r"-?[0-9]{1,12}")


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
) -> dict[str, list[Line]]:
    """Return what issuers say of a day; status 2 for a file that is no statement."""
    found: dict[str, list[Line]] = {}
    for each in given:
        issuer, _, name = each.partition("=")
        if not name or issuer not in issuers:
            stop(f"--statement {each!r}: should be an issuer of the folder, =, and a file")
        if issuer in found:
            stop(f"--statement {each!r}: {issuer} has given a statement already; put it in one")
        try:
            data = Path(name).read_bytes()
        except OSError as error:
            stop(f"{name}: {error.strerror}")
        found[issuer] = (
            _of_books(name, data, day, cut_over) if data[:1] == b"{" else _of_csv(name, data)
        )
    return found


def _of_csv(name: str, data: bytes) -> list[Line]:
    try:
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        lines = [(reader.line_num, line) for line in reader if line]
    except (UnicodeDecodeError, csv.Error) as error:
        stop(f"{name} is no CSV in UTF-8: {error}")
    if not lines or [cell.strip() for cell in lines[0][1]] != _HEAD:
        stop(f"{name}: the first line should be rrn,fen")
    faults = [f"line {number}: {_fault(line)}" for number, line in lines[1:] if _fault(line)]
    if faults:
        more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        stop(f"{name}, {'; '.join(faults[:_SHOWN])}{more}")
    return [Line(line[0].strip(), int(line[1]), f"line {number}") for number, line in lines[1:]]


def _fault(line: list[str]) -> str:
    """Return what is wrong with a line, empty for nothing."""
    if len(line) != len(_HEAD):
        return f"has {len(line)} columns, not a reference number and whole fen"
    rrn, fen = (cell.strip() for cell in line)
    if not _RRN.fullmatch(rrn):
        return f"{mask_digits(rrn)[:_LONGEST]!r} should be a reference number (DE 37) of 12"
    if not _FEN.fullmatch(fen):
        return f"{mask_digits(fen)[:_LONGEST]!r} should be whole fen, like 10000 or -300"
    return "" if int(fen) else "0 fen books nothing"


def _of_books(name: str, data: bytes, day: int, cut_over: str) -> list[Line]:
    """Return what a simulated issuer booked for a clearing day, movement by movement."""
    try:
        books = msgspec.json.decode(data, type=_Books)
    except msgspec.MsgspecError:
        stop(f"{name} holds no issuer's books")
    found = []
    for number, movement in enumerate(books.movements, 1):
        sent = movement.origin.transmission
        if not _SENT.fullmatch(sent) or not is_date(sent[:4]):
            stop(f"{name}, movement {number}: {sent[:_LONGEST]!r} should be a time, MMDDhhmmss")
        at = Local(day_near(day, sent[:4]), sent[4:], sent[:4], sent)
        if movement.amount_fen and clearing_day(at, cut_over) == day:
            found.append(Line(movement.rrn, -movement.amount_fen, f"movement {number}"))
    return found
