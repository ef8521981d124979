"""Issuers' statements: a CSV, or a simulated issuer's own books; anything else is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from switch.cli.outcome import USAGE
from switch.cli.settling.statements import statements_of
from switch.settlement.differences.issuers import Line

_ISSUERS = frozenset({"99910000"})


def _read(tmp_path: Path, text: str, cut_over: str = "") -> list[Line]:
    path = tmp_path / "statement"
    path.write_text(text)
    return statements_of([f"99910000={path}"], 20140618, cut_over, _ISSUERS)["99910000"]


def test_a_csv_has_a_line_for_each_transaction(tmp_path: Path) -> None:
    assert _read(tmp_path, "rrn,fen\n416900000001,10000\n416900000002,-300\n") == [
        ("416900000001", 10_000, "line 2"),
        ("416900000002", -300, "line 3"),
    ]


def test_a_line_that_is_there_twice_is_there_twice(tmp_path: Path) -> None:
    made = _read(tmp_path, "\ufeffrrn,fen\r\n416900000001,500\r\n\r\n416900000001, 500\r\n")
    assert made == [("416900000001", 500, "line 2"), ("416900000001", 500, "line 4")]


def test_books_are_read_movement_by_movement_and_cut_at_the_clearing_day(tmp_path: Path) -> None:
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
    assert _read(tmp_path, books) == [
        ("a", 500, "movement 1"),
        ("b", 700, "movement 2"),
        ("b", -700, "movement 3"),
        ("c", 900, "movement 4"),
    ]
    late = [(line.rrn, line.fen) for line in _read(tmp_path, books, "230000")]
    assert late == [("a", 500), ("b", 700), ("b", -700), ("d", 100), ("e", 200)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no,statement\n", "the first line should be rrn,fen"),
        ("", "the first line should be rrn,fen"),
        ("rrn,fen\n416900000001,2\n3\n", "line 3: has 1 columns, not a reference number"),
        ("rrn,fen\n416900000001,2,x\n", "line 2: has 3 columns"),
        ("rrn,fen\n416900000001,two\n", "line 2: 'two' should be whole fen"),
        ("rrn,fen\n416900000001,1_000\n", "line 2: '1_000' should be whole fen"),
        ("rrn,fen\n416900000001,10.00\n", "line 2: '10.00' should be whole fen"),
        ("rrn,fen\n416900000001,0\n", "line 2: 0 fen books nothing"),
        ("rrn,fen\n1,2\n", "line 2: '1' should be a reference number (DE 37) of 12"),
        (
            "rrn,fen\n" + "1,2\n" * 7,
            "line 6: '1' should be a reference number (DE 37) of 12; and 2 more",
        ),
        ('rrn,fen\n"416900000001,2\n', "is no CSV in UTF-8"),
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


def test_an_issuer_gives_one_statement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "statement"
    path.write_text("rrn,fen\n")
    with pytest.raises(typer.Exit) as stopped:
        statements_of([f"99910000={path}"] * 2, 20140618, "", _ISSUERS)
    assert stopped.value.exit_code == USAGE
    assert "99910000 has given a statement already" in capsys.readouterr().err


def test_a_card_number_in_a_statement_is_not_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit):
        _read(tmp_path, "rrn,fen\n6219991234567890120,5\n")
    assert "1234567890" not in capsys.readouterr().err


@pytest.mark.parametrize(("sent", "day"), [("1231233000", 20150101), ("0101120000", 20150101)])
def test_books_are_dated_beside_the_day_that_is_asked(tmp_path: Path, sent: str, day: int) -> None:
    """Late on 31 December is of the next year, whose first day it is cleared on."""
    path = tmp_path / "statement"
    origin = {"transmission": sent, "stan": "1"}
    path.write_text(json.dumps({"movements": [{"rrn": "a", "amount_fen": -5, "origin": origin}]}))
    assert statements_of([f"99910000={path}"], day, "230000", _ISSUERS) == {
        "99910000": [("a", 5, "movement 1")]
    }


@pytest.mark.parametrize("sent", ["xx", "1399120000", "06181200000"])
def test_books_without_a_time_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sent: str
) -> None:
    origin = {"transmission": sent, "stan": "1"}
    with pytest.raises(typer.Exit):
        _read(
            tmp_path, json.dumps({"movements": [{"rrn": "a", "amount_fen": -5, "origin": origin}]})
        )
    assert "movement 1: " in capsys.readouterr().err
