"""`jinbao route explain`: the line that is taken, and a reason for each that is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulators.cards import fictional_card
from switch.cli.outcome import BAD, USAGE
from tests.switch.cli.running import Outcome, run
from tests.switch.config import folders

CARD = fictional_card(0).pan
OURS, ABROAD = fictional_card(1_000).pan, fictional_card(2_000).pan


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folders.make(tmp_path / "city")


def _run(folder: Path, terminal: str, card: str, *options: str) -> Outcome:
    command = ("route", "explain", terminal, "--pan-file", "-", "-c", str(folder), *options)
    return run(*command, stdin=card.encode())


def _explained(folder: Path, *arguments: str, status: int = 0) -> dict[str, Any]:
    outcome = _run(folder, *arguments, "--json")
    assert outcome.status == status, outcome.err
    told: dict[str, Any] = json.loads(outcome.out)
    return told


def _verdicts(told: dict[str, Any]) -> dict[str, str]:
    return {line["link"]: line["verdict"] for line in told["lines"]}


def test_the_access_is_taken_and_the_alternate_stands_by(folder: Path) -> None:
    told = _explained(folder, "50010001", CARD)
    assert (told["case"], told["link"]) == ("direct", "issuer-jinbao")
    assert _verdicts(told) == {"issuer-jinbao": "taken", "issuer": "stands_by"}
    assert told["registered"] == ["jinbao", "bank"]


@pytest.mark.parametrize(("option", "verdict"), [("--down", "down"), ("--resting", "resting")])
def test_with_the_access_away_the_alternate_is_taken(
    folder: Path, option: str, verdict: str
) -> None:
    told = _explained(folder, "50010001", CARD, option, "issuer-jinbao")
    assert told["link"] == "issuer"
    assert _verdicts(told) == {"issuer-jinbao": verdict, "issuer": "taken"}


def test_a_card_of_the_terminals_own_bank_is_on_us(folder: Path) -> None:
    assert _explained(folder, "50010001", OURS)["case"] == "on_us"
    assert _explained(folder, "50010002", CARD)["case"] == "on_us"


def test_no_alternate_means_no_route_and_status_1(folder: Path) -> None:
    told = _explained(folder, "50010002", CARD, "--down", "issuer", status=BAD)
    assert told["link"] is None
    assert _verdicts(told) == {"issuer": "down", "issuer-jinbao": "not_registered"}


def test_people_read_it_in_both_languages_and_the_card_is_nowhere(folder: Path) -> None:
    outcome = _run(folder, "50010001", ABROAD)
    assert outcome.status == 0
    for part in ("off us", "跨行交易", "taken", "outside", "银行专线", "Bank of another city"):
        assert part in outcome.out
    assert ABROAD not in outcome.out + outcome.err
    nowhere = _run(folder, "50010001", ABROAD, "--down", "outside")
    assert (nowhere.status, "refused with 91" in nowhere.out) == (BAD, True)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("50019999", CARD), "there is no terminal 50019999"),
        (("50010001", CARD[:-1] + "9"), "its check digit does not fit"),
        (("50010001", "4111111111111111"), "411111******1111 is of no range"),
        (("50010001", CARD, "--down", "issuers"), "there is no link issuers; there are issuer,"),
    ],
)
def test_what_nobody_registered_is_told_without_the_card(
    folder: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    outcome = _run(folder, *arguments)
    assert outcome.status == USAGE
    assert complaint in outcome.err
    assert arguments[1] not in outcome.err


def test_how_a_card_begins_is_enough_where_one_issuer_has_all_such_cards(folder: Path) -> None:
    told = run("route", "explain", "50010001", "6219991", "-c", str(folder), "--json")
    by_card = json.loads(_run(folder, "50010001", "6219991234567890120", "--json").out)
    assert json.loads(told.out) == by_card | {"card": "6219991"}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("621999",), "more than one issuer has cards that begin with 621999"),
        (("6219991234567890120",), "give 6 to 12 digits"),
        (("411111",), "cards that begin with 411111 are of no range"),
        (("6219991", "--pan-file", "-"), "not both"),
        (("6219991", "--day", "20140631"), "20140631: a day is YYYYMMDD"),
    ],
)
def test_a_beginning_that_says_too_little_or_too_much_is_refused(
    folder: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    outcome = run("route", "explain", "50010001", *arguments, "-c", str(folder))
    assert (outcome.status, complaint in outcome.err) == (USAGE, True), outcome.err
