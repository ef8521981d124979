"""`jinbao bills`: what the host would not cancel is listed, and ended by a person."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from switch.cli.outcome import BAD, USAGE
from switch.config.installation import load
from switch.core.transaction import State
from switch.ledger.sqlite import SqliteLedger
from tests.switch.cli.running import run
from tests.switch.cli.social.conftest import OPEN
from tests.switch.ledger import making


def _listed(folder: Path, *words: str) -> list[str]:
    lines = run("bills", "list", *words, "--json", "-c", str(folder)).out.splitlines()
    return [json.loads(line)["rrn"] for line in lines]


def test_a_bill_that_needs_a_person_is_listed(
    billed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    drawn = run("bills", "list", "-c", str(billed)).out
    assert OPEN in drawn
    assert "500.00" in drawn
    told = json.loads(run("bills", "list", "-c", str(billed), "--json").out)
    assert (told["bill"], told["debit"], told["told"]) == ("C1", "DECLINED", "22")
    assert _listed(billed, "--since", "20990101") == []


def test_a_person_ends_it_and_the_ground_is_shown(billed: Path) -> None:
    words = (OPEN, "-c", str(billed), "--why", "host desk, ticket 17")
    kept = run("bills", "resolve", *words, "--as", "kept", "--json")
    assert json.loads(kept.out) == {"rrn": OPEN, "bill": "C1", "state": "PERSON"}
    assert _listed(billed) == []
    assert run("bills", "list", "-c", str(billed)).out == "no bill needs a person\n"
    assert _listed(billed, "--all") == [OPEN]
    ended = run("bills", "resolve", *words, "--as", "cancelled")
    assert ended.out == f"{OPEN}: bill C1 CANCELLED, let go by the host 社保主机已释放\n"
    shown = run("txn", "show", OPEN, "-c", str(billed)).out
    assert "by hand: host desk, ticket 17" in shown
    told = json.loads(run("txn", "show", OPEN, "-c", str(billed), "--json").out)
    assert told["bill"]["told"] == "by hand: host desk, ticket 17"
    assert told["bill"]["told_words"] is None


def test_bad_words_are_told(billed: Path) -> None:
    words = (OPEN, "-c", str(billed), "--why", "x")
    assert run("bills", "resolve", *words, "--as", "paid").status == USAGE
    assert run("bills", "list", "-c", str(billed), "--since", "soon").status == USAGE
    run("bills", "resolve", *words, "--as", "cancelled")
    again = run("bills", "resolve", *words, "--as", "kept")
    assert (again.status, again.out) == (BAD, "")
    assert "needs no person: it is CANCELLED" in again.err


def test_a_bill_whose_debit_nobody_can_account_for_is_listed_too(billed: Path) -> None:
    with closing(SqliteLedger(load(billed).ledger, fill_every_s=None)) as ledger:
        ledger.submit(
            [
                making.billing(21, 3),
                making.closing(22, 3, State.IN_DOUBT),
                making.acknowledging(23, 3, State.REVERSAL_EXPIRED),
            ]
        )
    rrn = making.rrn(3)
    assert _listed(billed) == [OPEN, rrn]
    kept = ("saf", "resolve", rrn, "-c", str(billed), "--as", "kept", "--why", "bank")
    refused = run(*kept)
    assert (refused.status, "both stand or neither" in refused.err) == (BAD, True)
    confirmed = ("bills", "resolve", rrn, "-c", str(billed), "--why", "desk", "--as", "confirmed")
    assert run(*confirmed).status == 0
    assert _listed(billed) == [OPEN]
    assert run(*kept).status == 0
