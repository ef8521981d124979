"""`jinbao clear`: days in order, files with digests, and three books compared."""

from __future__ import annotations

import csv
import hashlib
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from msgspec.structs import replace

from switch.cli.outcome import BAD, USAGE
from switch.cli.settling import clear
from switch.cli.settling.opening import Settled, today
from switch.config.installation import load
from switch.core.operations import Reverse
from switch.ledger.protocol import Where
from switch.ledger.sqlite import SqliteLedger
from switch.settlement.cases import decoded, encoded
from switch.settlement.differences.issuers import Line
from switch.settlement.reconciling import Found
from tests.switch.cli.books.conftest import APPROVED, IN_DOUBT
from tests.switch.cli.running import Outcome, run
from tests.switch.config import folders
from tests.switch.ledger import making

DAY = "20140618"


def _clear(verb: str, city: Path, *words: str) -> Outcome:
    return run("clear", verb, "-c", str(city), *words)


def _lines(outcome: Outcome) -> list[dict[str, Any]]:
    return [json.loads(line) for line in outcome.out.splitlines()]


def test_every_day_is_cleared_once_and_sums_to_zero(city: Path) -> None:
    made = _lines(_clear("run", city, "--until", DAY, "--json"))
    assert [(each["day"], each["count"], each["sum_fen"]) for each in made] == [
        (20140617, 0, 0),
        (20140618, 1, 0),
    ]
    assert made[1]["carried"] == 3
    assert _clear("run", city, "--until", DAY).out == "nothing is to be cleared\n"
    assert [each["day"] for each in _lines(_clear("list", city, "--json"))] == [20140617, 20140618]


def test_the_files_of_a_day_are_what_the_manifest_says(city: Path, tmp_path: Path) -> None:
    files = tmp_path / "clearing"
    told = _lines(_clear("run", city, "--until", DAY, "--to", str(files), "--json"))[-1]
    made = files / DAY
    listed = {
        line["file"]: line
        for line in csv.DictReader((made / "manifest.csv").read_text().splitlines())
    }
    found = {str(path.relative_to(made)) for path in made.rglob("*") if path.is_file()}
    assert found == {*listed, "manifest.csv"} == set(told["files"])
    for name in found:
        digest = hashlib.sha256((made / name).read_bytes()).hexdigest()
        assert told["files"][name] == digest
        assert name == "manifest.csv" or listed[name]["sha256"] == digest
    acquirer = listed["99900000/IND14061801ACOM"]
    assert (acquirer["records"], acquirer["debit_fen"], acquirer["credit_fen"]) == (
        "1",
        "10000",
        "0",
    )
    assert not list(files.glob(".*")), "nothing half written is left"


def _bytes(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_files_of_a_day_can_be_had_at_any_time_and_are_the_same_bytes(
    city: Path, tmp_path: Path
) -> None:
    other = folders.copy(city, tmp_path / "other")
    at_once, later = tmp_path / "at-once", tmp_path / "later"
    told = _lines(_clear("run", city, "--until", DAY, "--to", str(at_once), "--json"))
    assert _lines(_clear("run", other, "--until", DAY, "--json")) == told
    path = load(other).ledger
    with closing(SqliteLedger(path, fill_every_s=None)) as ledger:
        (row,) = ledger.transactions(1, Where(rrn=APPROVED))
        # What was cleared is taken back since, and what was in doubt has its outcome.
        plan = making.plan()
        record = row.record
        ledger.submit([Reverse(making.attempt(90), row.key, 1, "4021", plan, record)])
    assert _clear("files", other, "--day", DAY, "--to", str(later)).status == 0
    assert _bytes(later) == {
        name: data for name, data in _bytes(at_once).items() if name.startswith(DAY)
    }
    again = _clear("files", other, "--day", DAY, "--to", str(later), "--json")
    assert (again.status, "already" in again.err) == (0, True)
    assert _lines(again) == told[1:]


def test_what_is_in_the_way_of_files_is_left_alone(city: Path, tmp_path: Path) -> None:
    place = tmp_path / DAY
    place.mkdir()
    (place / "mine.txt").write_text("precious")
    outcome = _clear("run", city, "--until", DAY, "--to", str(tmp_path))
    assert (outcome.status, "is there already" in outcome.err) == (USAGE, True)
    assert [each["day"] for each in _lines(_clear("list", city, "--json"))] == [20140617]
    assert _clear("run", city, "--until", DAY).status == 0
    outcome = _clear("files", city, "--day", DAY, "--to", str(tmp_path))
    assert (outcome.status, "is there already" in outcome.err) == (USAGE, True)
    assert [path.name for path in place.iterdir()] == ["mine.txt"]


def test_files_that_would_be_others_are_not_written(city: Path, tmp_path: Path) -> None:
    outcome = _clear("files", city, "--day", DAY, "--to", str(tmp_path / "files"))
    assert (outcome.status, "was not cleared" in outcome.err) == (BAD, True)
    _clear("run", city, "--until", DAY)
    path = load(city).ledger
    with closing(apsw.Connection(str(path))) as tables:
        tables.execute("DELETE FROM transactions WHERE rrn = ?", (APPROVED,))
    outcome = _clear("files", city, "--day", DAY, "--to", str(tmp_path / "files"))
    assert (outcome.status, "has another digest" in outcome.err) == (BAD, True)
    assert list((tmp_path / "files").iterdir()) == []


def test_a_day_is_shown_with_its_positions_points_and_classes(city: Path) -> None:
    _clear("run", city, "--until", DAY)
    shown = _clear("show", city, "--day", DAY)
    assert shown.status == 0
    for text in ("point:999653080110001", "100.00", "助农取款", "sum 合计"):
        assert text in shown.out
    kept = json.loads(_clear("show", city, "--day", DAY, "--json").out)
    assert sum(kept["positions"].values()) == 0
    assert _clear("show", city, "--day", "20140601").status == BAD
    assert _clear("show", city, "--day", "20140631").status == USAGE


def test_a_day_that_is_not_over_is_not_cleared(city: Path) -> None:
    outcome = _clear("run", city, "--until", "20990101")
    assert outcome.status == USAGE
    assert "not over yet" in outcome.err


def test_reconciliation_finds_the_missing_slip_and_what_nobody_acknowledged(
    city: Path, tmp_path: Path
) -> None:
    statement = tmp_path / "bank.csv"
    statement.write_text(f"rrn,fen\n{APPROVED},10000\n{IN_DOUBT},10000\n")
    words = ("--day", DAY, "--statement", f"99910000={statement}", "--json")
    outcome = _clear("reconcile", city, *words)
    assert outcome.status == BAD
    (told,) = _lines(outcome)
    assert [(case["kind"], case["rrn"][-1]) for case in told["cases"]] == [
        ("long", "1"),
        ("manual", "6"),
    ]
    doubtful = [(case["kind"], case["rrn"][-1], case["booked"]) for case in told["waiting"]]
    assert doubtful == [
        ("in_doubt", "4", [[20140618, 10_000]]),
        ("in_doubt", "6", []),
        ("in_doubt", "7", []),
    ]
    assert (told["found"], told["new"], told["batches"], told["balanced"]) == (2, 2, 1, 0)
    again = _lines(_clear("reconcile", city, *words))[0]
    assert (again["found"], again["new"]) == (2, 0), "they are cases already"
    # Tables and lines are as wide as the terminal.
    shown = " ".join(_clear("reconcile", city, *words[:-1]).out.split())
    assert "2 differences, 0 of them new; 3 wait: 3 in doubt: decides when final" in shown
    assert "is not cleared yet" in outcome.err


def test_a_later_statement_decides_what_waited(city: Path, tmp_path: Path) -> None:
    """The bank's books end an hour before ours: what it booked then is of our next day."""
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("rrn,fen\n")
    second.write_text(f"rrn,fen\n{APPROVED},10000\n")
    words = ("--statement", f"99910000={first}", "--json")
    (told,) = _lines(_clear("reconcile", city, "--day", DAY, *words))
    assert "issuer_short" in {case["kind"] for case in told["cases"]}
    words = ("--statement", f"99910000={second}", "--json")
    (told,) = _lines(_clear("reconcile", city, "--day", "20140619", *words))
    assert (told["found"], len(told["waiting"])) == (0, 3)
    assert [case["kind"] for case in told["settled"]] == ["issuer_short"]
    (again,) = _lines(_clear("reconcile", city, "--day", "20140619", *words))
    assert (again["found"], again["settled"]) == (0, [])
    shown = _clear("reconcile", city, "--day", "20140619", *words[:-1])
    assert (shown.status, "; 3 wait: 3 in doubt" in shown.out) == (0, True)


def test_what_somebody_else_changed_meanwhile_is_reconciled_again(
    city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("first", ""), ("second", f"{APPROVED},10000\n")):
        (tmp_path / name).write_text(f"rrn,fen\n{text}")
    _clear("reconcile", city, "--day", DAY, "--statement", f"99910000={tmp_path / 'first'}")
    found_on = clear.found_on

    def slowly(here: Settled, day: int, statements: dict[str, list[Line]]) -> Found:
        found = found_on(here, day, statements)
        (short,) = [each for each in here.store.cases() if each.key.startswith("issuer_short")]
        other = replace(decoded(short), deadline=20140709)
        here.store.change_case(replace(short, body=encoded(other)))
        return found

    monkeypatch.setattr(clear, "found_on", slowly)
    statement = f"99910000={tmp_path / 'second'}"
    outcome = _clear("reconcile", city, "--day", "20140619", "--statement", statement)
    assert (outcome.status, "changed meanwhile: reconcile again" in outcome.err) == (BAD, True)


def test_a_waiting_case_that_a_person_closed_stays_closed(city: Path, tmp_path: Path) -> None:
    """Whatever the issuer says then of what is still in doubt."""
    path = tmp_path / "bank.csv"
    words = ("--day", DAY, "--statement", f"99910000={path}", "--json")
    path.write_text(f"rrn,fen\n{IN_DOUBT},10000\n")
    _clear("reconcile", city, *words)
    listed = _lines(run("cases", "list", "-c", str(city), "--json"))
    (number,) = [str(each["number"]) for each in listed if each["rrn"] == IN_DOUBT]
    who = ("--as", "no_error", "--by", "Li", "--why", "seen")
    assert run("cases", "resolve", number, "-c", str(city), *who).status == 0
    path.write_text(f"rrn,fen\n{IN_DOUBT},11000\n")
    (told,) = _lines(_clear("reconcile", city, *words))
    assert IN_DOUBT in {case["rrn"] for case in told["waiting"]}
    shown = json.loads(run("cases", "show", number, "-c", str(city), "--json").out)
    assert shown["is_open"] is False


@pytest.mark.parametrize("day", ["20990101", "today"])
def test_a_day_that_is_not_over_is_not_reconciled(city: Path, day: str) -> None:
    outcome = _clear("reconcile", city, "--day", str(today()) if day == "today" else day)
    assert (outcome.status, "is not over yet" in outcome.err) == (USAGE, True)


@pytest.mark.parametrize("verb", ["run", "list", "show", "reconcile"])
def test_without_a_ledger_there_is_nothing_to_clear(tmp_path: Path, verb: str) -> None:
    run("init", str(tmp_path / "new"))
    day = ("--day", DAY) if verb in {"show", "reconcile"} else ()
    outcome = _clear(verb, tmp_path / "new", *day)
    assert outcome.status == USAGE
    assert "no switch has run here yet" in outcome.err
