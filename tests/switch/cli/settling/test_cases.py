"""`jinbao cases`: found, opened, shown, resolved step by step, and cleared as adjustments."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from switch.cli.outcome import BAD, USAGE
from tests.switch.cli.books.conftest import APPROVED
from tests.switch.cli.running import Outcome, run

DAY = "20140618"
_WHO = ("--by", "Li", "--why", "the till agrees")


def _cases(verb: str, city: Path, *words: str) -> Outcome:
    return run("cases", verb, *words, "-c", str(city))


@pytest.fixture
def found(city: Path) -> Path:
    """Return the folder once it was cleared and reconciled: a long and a manual case."""
    run("clear", "run", "-c", str(city), "--until", DAY)
    run("clear", "reconcile", "-c", str(city), "--day", DAY)
    return city


def _shown(city: Path, number: int) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(_cases("show", city, str(number), "--json").out)
    return shown


def test_cases_are_listed_with_their_deadlines_and_overdue_ones_told(found: Path) -> None:
    listed = [json.loads(line) for line in _cases("list", found, "--json").out.splitlines()]
    assert [(each["number"], each["kind"], each["deadline"]) for each in listed] == [
        (1, "long", 20140708),
        (2, "manual", 20140708),
    ]
    overdue = _cases("list", found, "--overdue")
    assert overdue.status == BAD
    assert "长款" in overdue.out
    assert "2014-07-08" in overdue.out


def test_a_credit_adjustment_closes_its_case_and_keeps_who_and_why(found: Path) -> None:
    outcome = _cases("resolve", found, "1", "--as", "credit_adjustment", *_WHO)
    assert (outcome.status, outcome.out) == (0, "case 1: closed 已结案\n")
    shown = _shown(found, 1)
    assert (shown["is_open"], shown["stage"]) == (False, "closed")
    assert [note["action"] for note in shown["notes"]] == ["found", "credit_adjustment"]
    note = shown["notes"][-1]
    assert (note["by"], note["why"]) == ("Li", "the till agrees")
    assert [each[2] for each in note["movements"]] == [10_000] * 3
    assert note["clearing_day"] > 20140618
    (left,) = _cases("list", found, "--json").out.splitlines()
    assert json.loads(left)["number"] == 2
    assert len(_cases("list", found, "--all", "--json").out.splitlines()) == 2
    again = _cases("resolve", found, "1", "--as", "claim", *_WHO)
    assert (again.status, "the case is closed" in again.err) == (BAD, True)
    drawn = _cases("show", found, "1").out
    assert "贷记调整" in drawn


def test_a_dispute_goes_back_and_forth(found: Path) -> None:
    opened = _cases("open", found, APPROVED, *_WHO)
    assert opened.out == "case 3\n"
    assert _cases("open", found, APPROVED, *_WHO).status == BAD
    for action, stage in (("chargeback", "charged_back"), ("representment", "represented")):
        told = json.loads(_cases("resolve", found, "3", "--as", action, *_WHO, "--json").out)
        assert told["stage"] == stage
    told = json.loads(_cases("resolve", found, "3", "--as", "accept", *_WHO, "--json").out)
    assert (told["stage"], told["is_open"]) == ("closed", False)


def test_two_cases_of_one_transaction_do_not_give_its_money_back_twice(found: Path) -> None:
    rrn = _shown(found, 1)["rrn"]
    assert _cases("open", found, rrn, *_WHO).out == "case 3\n"
    assert _cases("resolve", found, "1", "--as", "credit_adjustment", *_WHO).status == 0
    again = _cases("resolve", found, "3", "--as", "credit_adjustment", *_WHO)
    assert (again.status, "is given back already, another case has moved it" in again.err) == (
        BAD,
        True,
    )
    assert _shown(found, 3)["stage"] == "open"
    assert _cases("resolve", found, "3", "--as", "no_error", *_WHO).status == 0


def test_what_does_not_exist_or_says_nothing_is_told(found: Path) -> None:
    assert "there is no case 9" in _cases("show", found, "9").err
    assert "no transaction with RRN" in _cases("open", found, "1", *_WHO).err
    outcome = _cases("resolve", found, "1", "--as", "guess", *_WHO)
    assert (outcome.status, "is none of" in outcome.err) == (BAD, True)


def test_a_reason_never_keeps_a_card_number(found: Path) -> None:
    pan = "6219991234567890120"
    _cases("resolve", found, "2", "--as", "no_error", "--by", "Li", "--why", f"card {pan}")
    assert pan not in _cases("show", found, "2", "--json").out
    opened = _cases("open", found, APPROVED, "--by", f"Li {pan}", "--why", f"card {pan}")
    assert opened.out == "case 3\n"
    shown = _cases("show", found, "3", "--json").out
    assert "621999*********0120" in shown
    assert pan not in shown


def test_whoever_opens_a_case_says_who_and_why(found: Path) -> None:
    outcome = _cases("open", found, APPROVED, "--by", "", "--why", " ")
    assert (outcome.status, "who it was, and a reason" in outcome.err) == (USAGE, True)
    assert _cases("open", found, APPROVED, *_WHO).out == "case 3\n"


def test_what_is_paid_is_not_claimed_again(found: Path) -> None:
    assert _cases("open", found, APPROVED, *_WHO).out == "case 3\n"
    again = _cases("resolve", found, "3", "--as", "claim", *_WHO)
    assert (again.status, "is paid out already, by the ledger" in again.err) == (BAD, True)
    assert _shown(found, 3)["stage"] == "open"
