"""`txn list` and `txn show`: what the books say, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from switch.cli.books.reading import opened
from switch.cli.books.transactions import _drawn
from switch.cli.outcome import BAD, USAGE
from switch.core.transaction import State
from switch.ledger.protocol import Where
from tests.switch.cli.books import conftest as books
from tests.switch.cli.books.conftest import APPROVED, EXPIRED, FORWARDED, IN_DOUBT
from tests.switch.cli.running import run


def _listed(folder: Path, *arguments: str) -> list[dict[str, object]]:
    outcome = run("txn", "list", "-c", str(folder), "--json", *arguments)
    assert outcome.status == 0
    return [json.loads(line) for line in outcome.out.splitlines()]


def test_all_transactions_are_listed_the_newest_first(folder: Path) -> None:
    rows = _listed(folder)
    assert [row["rrn"] for row in rows] == [f"41690000000{number}" for number in range(7, 0, -1)]
    assert {row["state"] for row in rows} == {
        "FORWARDED", "APPROVED", "DECLINED", "UNSENT", "IN_DOUBT", "REVERSED", "REVERSAL_EXPIRED",
    }  # fmt: skip
    assert rows[-1] == {
        "rrn": APPROVED,
        "at": "2014-06-18 09:35:12",
        "terminal": "50010001",
        "batch": "000001",
        "stan": "000001",
        "kind": "rural_withdrawal",
        "card": "621999******0120",
        "amount_fen": 10_000,
        "state": "APPROVED",
        "code": "00",
        "issuer": "99910000",
        "reason": rows[-1]["reason"],
    }


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (("--state", "in_doubt"), 1),
        (("--state", "REVERSAL-EXPIRED"), 1),
        (("--terminal", "50010001"), 7),
        (("--terminal", "50010002"), 0),
        (("--day", "20140618"), 7),
        (("--day", "20140619"), 0),
        (("--limit", "3"), 3),
        (("--limit", "1", "--state", "approved"), 1),
    ],
)
def test_a_list_can_be_narrowed(folder: Path, arguments: tuple[str, ...], count: int) -> None:
    assert len(_listed(folder, *arguments)) == count


def test_a_table_shows_a_line_for_each_and_no_clear_card(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    outcome = run("txn", "list", "-c", str(folder))
    lines = outcome.out.splitlines()[2:]
    assert lines[0].startswith(f"{FORWARDED} ")
    assert lines[-1].split()[1:] == [
        "2014-06-18", "09:35:12", "50010001", "621999******0120", "100.00", "00", "APPROVED",
    ]  # fmt: skip
    assert books.PAN not in outcome.out
    assert "no switch is running" in outcome.err


def test_where_nothing_matches_that_is_said(folder: Path) -> None:
    assert run("txn", "list", "-c", str(folder), "--day", "20140619").out == "no such transaction\n"


def test_an_unknown_state_is_answered_with_those_there_are(folder: Path) -> None:
    outcome = run("txn", "list", "-c", str(folder), "--state", "lost")
    assert outcome.status == USAGE
    assert all(state.name.lower() in outcome.err for state in State)


def test_what_happened_is_told_in_english_and_chinese(folder: Path) -> None:
    outcome = run("txn", "show", IN_DOUBT, "-c", str(folder))
    assert outcome.status == 0
    for text in (
        "Rural withdrawal",
        "助农取款",
        "IN_DOUBT: in doubt, being reversed, amount held 结果不明，正在冲正",
        "the terminal is registered 终端已登记",
        "the daily cap per card, notice 四(四)1 每卡每日累计限额，四(四)1",
        "100.00 used and 300.00 held of 1000.00 yuan now",
        "4021 timed out waiting for response 等待应答超时",
    ):
        assert text in " ".join(outcome.out.split())
    assert books.PAN not in outcome.out


def test_no_card_is_folded_where_it_is_narrow(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with opened(folder) as found:
        rows = found.books.transactions(10, Where())
    card = "621999*********0120"
    long = [
        replace(row, record=replace(row.record, shown_card=card, amount_fen=123_456))
        for row in rows
    ]
    drawn = _drawn(long)
    assert drawn.count(card) == drawn.count("1234.56") == len(long)
    assert max(map(len, drawn.splitlines())) <= 80


def test_everything_is_one_object_for_programs(folder: Path) -> None:
    told = json.loads(run("txn", "show", APPROVED, "-c", str(folder), "--json").out)
    assert told["route"] == {
        "issuer": "99910000", "name": "Second test bank", "link": "issuer",
        "stan": "000777", "transmission": "0618093512",
    }  # fmt: skip
    assert [rule["number"] for rule in told["rules"]] == [1, 19, 20]
    assert told["answer"]["code"] == "00"
    assert told["answer"]["authorisation"] == "123456"
    assert told["reversal"] is None
    queued = json.loads(run("txn", "show", IN_DOUBT, "-c", str(folder), "--json").out)["reversal"]
    assert (queued["queued"], queued["tries"], queued["stan"]) == (True, 0, "000778")
    expired = json.loads(run("txn", "show", EXPIRED, "-c", str(folder), "--json").out)
    assert (expired["reversal"]["queued"], expired["reversal"]["tries"]) == (False, None)


def test_an_unknown_number_is_told(folder: Path) -> None:
    outcome = run("txn", "show", "999999999999", "-c", str(folder))
    assert outcome.status == BAD
    assert "no transaction with RRN '999999999999'" in outcome.err
