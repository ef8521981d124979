"""`caps show`: a card's days, found by its number or by one of its transactions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from switch.cli.outcome import BAD, USAGE
from tests.switch.cli.books.conftest import APPROVED, PAN
from tests.switch.cli.running import run

_DAY = {
    "day": 20140618,
    "counter": "withdrawal",
    "acquirer": "",
    "used_fen": 10_000,
    # In doubt, expired, and still with the issuer.
    "held_fen": 30_000,
    "left_fen": 60_000,
    "limit_fen": 100_000,
}


def test_what_is_used_and_held_is_shown_by_a_transaction(folder: Path) -> None:
    outcome = run("caps", "show", "-c", str(folder), "--rrn", APPROVED, "--json")
    assert json.loads(outcome.out) == {"card": "621999******0120", "days": [_DAY]}
    drawn = run("caps", "show", "-c", str(folder), "--rrn", APPROVED).out
    told = ["2014-06-18", "withdrawal", "100.00", "300.00", "600.00", "1000.00"]
    assert drawn.splitlines()[-1].split() == told


@pytest.mark.parametrize("typed", [PAN, f"{PAN[:6]} {PAN[6:]}\n"])
def test_a_card_is_found_by_its_number_which_is_never_shown(folder: Path, typed: str) -> None:
    outcome = run("caps", "show", "-c", str(folder), "--pan-file", "-", "--json", stdin=typed)
    assert json.loads(outcome.out) == {"card": "621999*********0120", "days": [_DAY]}
    assert PAN not in outcome.out + outcome.err


def test_a_card_that_withdrew_nothing_has_no_days(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "pan").write_text("6219990000000000010\n", "ascii")
    outcome = run("caps", "show", "-c", str(folder), "--pan-file", str(tmp_path / "pan"))
    assert outcome.out == "621999*********0010: nothing withdrawn and nothing held on any day\n"


@pytest.mark.parametrize(
    ("arguments", "stdin", "status", "reason"),
    [
        (("--rrn", APPROVED, "--pan-file", "-"), "", USAGE, "give --rrn or --pan-file, not both"),
        (("--rrn", "999999999999"), "", BAD, "no transaction with RRN"),
        (("--pan-file", "-"), "62199912345678901x0\n", USAGE, "should be digits only"),
        (("--pan-file", "no-such"), "", USAGE, "cannot read no-such"),
        ((), "", USAGE, "no terminal to ask on"),
    ],
)
def test_what_is_no_card_is_told(
    folder: Path, arguments: tuple[str, ...], stdin: str, status: int, reason: str
) -> None:
    outcome = run("caps", "show", "-c", str(folder), *arguments, stdin=stdin)
    assert outcome.status == status
    assert reason in outcome.err
    assert "12345678901" not in outcome.err
