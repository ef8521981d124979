"""Issuers' statements: a CSV, or a simulated issuer's own books; anything else is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from switch.cli.settling.statements import statements_of

_ISSUERS = frozenset({"99910000"})


def _read(tmp_path: Path, text: str, cut_over: str = "") -> list[tuple[str, int]]:
    path = tmp_path / "statement"
    path.write_text(text)
    return statements_of([f"99910000={path}"], 20140618, cut_over, _ISSUERS)["99910000"]


def test_a_csv_has_a_line_for_each_transaction(tmp_path: Path) -> None:
    assert _read(tmp_path, "rrn,fen\n416900000001,10000\n416900000002,-300\n") == [
        ("416900000001", 10_000),
        ("416900000002", -300),
    ]


def test_books_are_netted_and_cut_at_the_clearing_day(tmp_path: Path) -> None:
    movements = [
        {"rrn": rrn, "amount_fen": fen, "origin": {"transmission": at, "stan": "1"}}
        for rrn, fen, at in (
            ("a", -500, "0618120000"),
            ("b", -700, "0618120001"),
            ("b", 700, "0618120001"),
            ("c", -900, "0618230000"),
            ("d", -100, "0617235959"),
            ("e", -200, "0617230001"),
        )
    ]
    books = json.dumps({"movements": movements, "balances": {}})
    assert _read(tmp_path, books) == [("a", 500), ("c", 900)]
    assert _read(tmp_path, books, "230000") == [("a", 500), ("d", 100), ("e", 200)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no,statement\n", "the first line should be rrn,fen"),
        ("", "the first line should be rrn,fen"),
        ("rrn,fen\n1,2\n3\n", "line 3"),
        ("rrn,fen\n1,two\n", "line 2"),
        ("{}", "holds no issuer's books"),
    ],
)
def test_what_is_no_statement_is_told_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, why: str
) -> None:
    with pytest.raises(typer.Exit):
        _read(tmp_path, text)
    assert why in capsys.readouterr().err


@pytest.mark.parametrize("given", ["99910000", "1=x", "99910000=/nowhere"])
def test_what_names_no_issuer_or_file_is_told(
    capsys: pytest.CaptureFixture[str], given: str
) -> None:
    with pytest.raises(typer.Exit):
        statements_of([given], 20140618, "", _ISSUERS)
    assert given.partition("=")[2] in capsys.readouterr().err
