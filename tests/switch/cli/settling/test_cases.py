"""`jinbao cases`: found, opened, shown, resolved step by step, and cleared as adjustments."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from switch.cli.outcome import BAD, USAGE
from switch.config.installation import load
from switch.ledger.sqlite import SqliteLedger
from switch.settlement.cases import check_once
from tests.switch.cli.books.conftest import APPROVED
from tests.switch.cli.running import Outcome, run
from tests.switch.config import folders
from tests.switch.ledger import making

DAY = "20140618"
_WHO = ("--by", "Li", "--why", "the till agrees")
_THEN = ("--business-date", "2014-06-20T10:00")


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
    assert (again.status, "is closed, which allows nothing more" in again.err) == (BAD, True)
    drawn = _cases("show", found, "1").out
    assert "贷记调整" in drawn


def test_a_dispute_goes_back_and_forth(found: Path) -> None:
    opened = _cases("open", found, APPROVED, *_WHO, *_THEN)
    assert opened.out == "case 3\n"
    assert _cases("open", found, APPROVED, *_WHO, *_THEN).status == BAD
    for action, stage in (("chargeback", "charged_back"), ("representment", "represented")):
        told = json.loads(
            _cases("resolve", found, "3", "--as", action, *_WHO, *_THEN, "--json").out
        )
        assert told["stage"] == stage
    told = json.loads(_cases("resolve", found, "3", "--as", "accept", *_WHO, "--json").out)
    assert (told["stage"], told["is_open"]) == ("closed", False)


def test_two_cases_of_one_transaction_do_not_give_its_money_back_twice(found: Path) -> None:
    rrn = _shown(found, 1)["rrn"]
    assert _cases("open", found, rrn, *_WHO, *_THEN).out == "case 3\n"
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
    for verb, words in (("show", ()), ("resolve", ("--as", "claim", *_WHO))):
        assert _cases(verb, found, "9" * 20, *words).status == USAGE
    assert "no transaction with RRN" in _cases("open", found, "1", *_WHO, *_THEN).err
    outcome = _cases("resolve", found, "1", "--as", "guess", *_WHO)
    assert outcome.status == USAGE
    able = "credit_adjustment, claim, chargeback, no_error"
    assert f"--as 'guess': case 1 is open 待处理; it allows {able}" in outcome.err
    assert _cases("resolve", found, "1", "--as", "agrees", *_WHO).status == USAGE


def test_a_reason_never_keeps_a_card_number(found: Path) -> None:
    pan = "6219991234567890120"
    _cases("resolve", found, "2", "--as", "no_error", "--by", "Li", "--why", f"card {pan}")
    assert pan not in _cases("show", found, "2", "--json").out
    opened = _cases("open", found, APPROVED, "--by", f"Li {pan}", "--why", f"card {pan}", *_THEN)
    assert opened.out == "case 3\n"
    shown = _cases("show", found, "3", "--json").out
    assert "621999*********0120" in shown
    assert pan not in shown


def test_whoever_opens_a_case_says_who_and_why(found: Path) -> None:
    outcome = _cases("open", found, APPROVED, "--by", "", "--why", " ", *_THEN)
    assert (outcome.status, "who it was, and a reason" in outcome.err) == (USAGE, True)
    assert _cases("open", found, APPROVED, *_WHO, *_THEN).out == "case 3\n"


def test_what_is_paid_is_not_claimed_again(found: Path) -> None:
    assert _cases("open", found, APPROVED, *_WHO, *_THEN).out == "case 3\n"
    again = _cases("resolve", found, "3", "--as", "claim", *_WHO, *_THEN)
    assert (again.status, "is paid out already, by the ledger" in again.err) == (BAD, True)
    assert _shown(found, 3)["stage"] == "open"


def test_what_comes_too_late_is_refused_with_its_last_day(found: Path) -> None:
    """On both sides of midnight in Shanghai; giving back is never too late."""
    late = _cases("open", found, APPROVED, *_WHO, "--business-date", "2014-10-17T00:00:30")
    words = "could be disputed until 2014-10-16 (inquiry_days = 120 from its clearing day)"
    assert (late.status, words in late.err) == (BAD, True)
    last = ("--business-date", "2014-10-16T23:58")
    assert _cases("open", found, APPROVED, *_WHO, *last).out == "case 3\n"
    assert _shown(found, 3)["day"] == 20140618
    assert _cases("resolve", found, "3", "--as", "chargeback", *_WHO, *last).status == 0
    overdue = ("--overdue", "--json", "--business-date")
    assert "dispute" not in _cases("list", found, *overdue, "2014-11-05T23:58").out
    assert "dispute" in _cases("list", found, *overdue, "2014-11-06T00:00:30").out
    early = _cases("resolve", found, "3", "--as", "lapse", *_WHO, *last)
    assert (early.status, "may answer until 2014-11-05" in early.err) == (BAD, True)
    again = _cases("resolve", found, "3", "--as", "representment", *_WHO)
    assert (again.status, "the last day was 2014-11-05" in again.err) == (BAD, True)
    assert "lapse" in again.err
    assert _cases("resolve", found, "3", "--as", "lapse", *_WHO).status == 0
    drawn = _cases("show", found, "3").out
    assert "逾期未答复" in drawn
    assert _shown(found, 3)["allows"] == []
    assert _shown(found, 1)["allows"] == ["credit_adjustment", "claim", "chargeback", "no_error"]


def test_only_a_folder_of_test_keys_has_a_business_date(found: Path) -> None:
    folders.change(found, "jinbao", "test_keys = true", "test_keys = false")
    for verb, words in (("list", ()), ("open", (APPROVED, *_WHO))):
        outcome = _cases(verb, found, *words, *_THEN)
        assert (outcome.status, "only where test_keys is on" in outcome.err) == (USAGE, True)


def test_terms_are_those_of_the_folder(found: Path) -> None:
    terms = '[cases]\nanswer_days = 3\ndays = "working"\ninquiry_days = 2\n\n[clearing]\n'
    folders.change(found, "banks", "[clearing]\n", terms)
    (found / "holidays.toml").write_text("format = 1\noff = [2014-06-23]\n")
    late = _cases("open", found, APPROVED, *_WHO, "--business-date", "2014-06-21T00:01")
    assert "until 2014-06-20 (inquiry_days = 2" in late.err
    assert _cases("open", found, APPROVED, *_WHO, *_THEN).status == 0
    # 20 June 2014 was a Friday; Monday is off by the folder's own calendar.
    assert _shown(found, 3)["deadline"] == 20140626


def test_two_clerks_do_not_move_the_same_money(
    found: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another clerk takes a step in another case between our look and our step."""
    rrn, place = _shown(found, 1)["rrn"], "switch.cli.settling.cases.check_once"
    assert _cases("open", found, rrn, *_WHO, *_THEN).out == "case 3\n"
    step = ("--as", "credit_adjustment", *_WHO)

    def slowly(*given: Any, **named: Any) -> None:  # noqa: ANN401 - passed on as it is
        check_once(*given, **named)
        monkeypatch.setattr(place, check_once)
        assert _cases("resolve", found, "3", *step).status == 0

    monkeypatch.setattr(place, slowly)
    outcome = _cases("resolve", found, "1", *step)
    assert (outcome.status, "cases were changed meanwhile" in outcome.err) == (BAD, True)
    assert _shown(found, 1)["stage"] == "open"


def test_what_its_void_has_given_back_is_not_given_back_again(city: Path) -> None:
    """On the day of its dispute, and where the void comes after that."""
    with closing(SqliteLedger(load(city).ledger, fill_every_s=None)) as ledger:
        for stan in (50, 52):
            sale = making.opening(stan, stan)
            sale = replace(sale, record=replace(sale.record, kind="social_sale"), cap=None)
            ledger.submit([sale, making.closing(stan + 10, stan)])
        ledger.submit([making.voiding(71, 51, 50), making.closing(72, 51)])
        sales = [making.rrn(stan) for stan in (50, 52)]
    for number, rrn in enumerate(sales, 1):
        assert _cases("open", city, rrn, *_WHO, *_THEN).out == f"case {number}\n"
    with closing(SqliteLedger(load(city).ledger, fill_every_s=None)) as ledger:
        ledger.submit([making.voiding(73, 53, 52), making.closing(74, 53)])
    for which, words in (
        ("1", "knows no transaction"),
        ("2", "is given back already, by its void"),
    ):
        for action in ("credit_adjustment", "chargeback", "claim"):
            done = _cases("resolve", city, which, "--as", action, *_WHO, *_THEN)
            assert (done.status, words in done.err) == (BAD, True), done.err
        assert _cases("resolve", city, which, "--as", "no_error", *_WHO, *_THEN).status == 0
