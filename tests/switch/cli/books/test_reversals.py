"""`saf`: reversals on their way and manual cases, listed, shown, hastened and settled by hand."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from switch.cli.outcome import BAD, USAGE
from switch.config.installation import load
from switch.ledger.sqlite import SqliteLedger
from tests.switch.cli.books.conftest import APPROVED, EXPIRED, IN_DOUBT, REVERSED
from tests.switch.cli.running import Outcome, run


def _saf(verb: str, folder: Path, *arguments: str) -> Outcome:
    return run("saf", verb, *arguments, "-c", str(folder))


def _listed(folder: Path, *arguments: str) -> list[tuple[str, str]]:
    lines = _saf("list", folder, "--json", *arguments).out.splitlines()
    return [(each["rrn"], each["state"]) for each in map(json.loads, lines)]


def test_queued_reversals_and_manual_cases_are_listed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert _listed(folder) == [(IN_DOUBT, "IN_DOUBT"), (EXPIRED, "REVERSAL_EXPIRED")]
    drawn = _saf("list", folder).out.splitlines()[2:]
    assert [line.split()[0] for line in drawn] == [IN_DOUBT, EXPIRED]


def test_only_what_was_reversed_is_shown_as_such(folder: Path) -> None:
    shown = _saf("show", folder, REVERSED)
    assert shown.status == 0
    assert "the issuer acknowledged the reversal with 00: approved" in shown.out
    assert "发卡行确认冲正，应答00" in shown.out
    assert json.loads(_saf("show", folder, EXPIRED, "--json").out)["state"] == "REVERSAL_EXPIRED"
    never = _saf("show", folder, APPROVED)
    assert (never.status, never.out) == (BAD, "")
    assert never.err == f"jinbao: {APPROVED} was neither reversed nor advised: it is APPROVED\n"


def test_without_a_switch_a_reversal_is_made_due_for_the_next_start(folder: Path) -> None:
    outcome = _saf("retry", folder, IN_DOUBT)
    assert (outcome.status, outcome.out) == (0, f"{IN_DOUBT}: it is due now\n")
    assert "no switch is running: it is sent when one starts" in outcome.err
    again = _saf("retry", folder, IN_DOUBT, "--json")
    assert json.loads(again.out) == {"rrn": IN_DOUBT, "state": "IN_DOUBT"}
    refused = _saf("retry", folder, APPROVED)
    assert (refused.status, refused.out) == (BAD, "")
    assert f"{APPROVED} is not queued: it is APPROVED" in refused.err


def test_a_case_that_a_person_settled_leaves_the_list(folder: Path) -> None:
    outcome = _saf("resolve", folder, IN_DOUBT, "--as", "reversed", "--why", "phone")
    assert outcome == (0, f"{IN_DOUBT}: REVERSED, reversed, nothing held 已冲正，额度已释放\n", "")
    kept = _saf("resolve", folder, EXPIRED, "--as", "kept", "--why", "cash paid", "--json")
    assert json.loads(kept.out) == {"rrn": EXPIRED, "state": "REVERSAL_EXPIRED"}
    assert _listed(folder) == []
    assert _saf("list", folder).out == "nothing is queued, and nothing needs a person\n"
    assert _listed(folder, "--all") == [(EXPIRED, "REVERSAL_EXPIRED")]
    shown = _saf("show", folder, EXPIRED).out
    assert "by hand: cash paid" in shown
    assert "人工处理：cash paid" in shown


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (
            (EXPIRED, "--as", "lost", "--why", "x"),
            USAGE,
            "should be reversed, kept, booked, refused",
        ),
        ((EXPIRED, "--as", "kept", "--why", ""), BAD, "a reason has 1 to 120 characters"),
        ((REVERSED, "--as", "kept", "--why", "x"), BAD, "is reversed already"),
        (("416900000099", "--as", "kept", "--why", "x"), BAD, "no transaction with RRN"),
    ],
)
def test_what_cannot_be_settled_is_told(
    folder: Path, arguments: tuple[str, ...], status: int, reason: str
) -> None:
    outcome = _saf("resolve", folder, *arguments)
    assert (outcome.status, outcome.out) == (status, "")
    assert reason in outcome.err


def test_a_ledger_in_use_by_a_switch_that_does_not_answer_is_left_alone(folder: Path) -> None:
    with closing(SqliteLedger(load(folder).ledger, fill_every_s=None)):
        outcome = _saf("retry", folder, IN_DOUBT)
    assert outcome.status == BAD
    assert "no switch answers on the control socket, and" in outcome.err


def test_before_any_switch_ran_there_is_nothing_to_settle(folder: Path) -> None:
    load(folder).ledger.unlink()
    assert _saf("retry", folder, IN_DOUBT).status == USAGE
