"""A terminal that takes jobs: what its line does to frames, what it refuses, what it keeps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulators.installation import wires
from switch.cli.outcome import BAD
from switch.cli.simulating.working import Heard, WatchedLine
from tests.switch.cli.running import run, sample
from tests.switch.cli.simulating.city import city

_WIRE = wires()[0]


def test_a_line_changes_one_bit_of_the_next_financial_request_only() -> None:
    line = WatchedLine(_WIRE, doubles=False)
    line.tampers = True
    sign_on, withdrawal = (bytes.fromhex(sample(name)) for name in ("sign-on", "withdrawal"))
    assert line.sends([sign_on]) == [sign_on]
    (changed,) = line.sends([withdrawal])
    assert changed[:-1] == withdrawal[:-1]
    assert changed[-1] ^ withdrawal[-1] == 1
    assert line.sends([withdrawal]) == [withdrawal]


def test_a_doubling_line_adds_a_refusal_to_approvals_and_notes_both() -> None:
    line = WatchedLine(_WIRE, doubles=True)
    answer = _WIRE.bare(bytes.fromhex(sample("withdrawal-response")))
    balance = _WIRE.bare(bytes.fromhex(sample("reversal-response")))
    assert len(line.hears(answer)) == 2
    assert line.hears(balance) == [balance]
    assert line.heard == [
        Heard("0210", "000002", "00"),
        Heard("0210", "000002", "05"),
        Heard("0410", "000002", "00"),
    ]


def test_jobs_that_cannot_be_done_are_told_and_end_in_status_1(tmp_path: Path) -> None:
    books = tmp_path / "books.json"
    orders = [
        "dance",
        '{"do":"dance"}',
        '{"do":"echo","colour":"red"}',
        '{"do":"connect","to":"nowhere"}',
        '{"do":"connect","to":"127.0.0.1:1"}',
        '{"do":"withdrawal","yuan":100}',
        '{"do":"hang_up"}',
    ]
    outcome = run("terminal", "work", "--books", str(books), stdin="\n".join(orders) + "\n")
    assert outcome.status == BAD
    *told, last = (json.loads(line) for line in outcome.out.splitlines())
    assert len(told) == len(orders) - 1
    assert all(each["error"] for each in told)
    assert told[3]["error"] == "'nowhere' is no HOST:PORT"
    assert told[5]["error"] == "not connected"
    assert last == {"results": []}
    assert json.loads(books.read_bytes())["slips"] == []


def test_a_void_without_a_slip_is_told(tmp_path: Path) -> None:
    with city(tmp_path / "city") as made:
        connect = json.dumps({"do": "connect", "to": made.switch.ready["terminals"][0]})
        orders = f'{connect}\n{{"do":"void","yuan":80}}\n{{"do":"refund","yuan":80}}\n'
        books = str(tmp_path / "books.json")
        outcome = run("terminal", "work", "--books", books, stdin=orders)
    assert outcome.status == BAD
    _, void, refund = (json.loads(line) for line in outcome.out.splitlines())
    assert void["error"] == "a void needs a slip, and there is none"
    assert refund["error"] == "a refund needs a slip, and there is none"


@pytest.mark.parametrize("connection", ["held", "per_transaction", "concentrator"])
def test_several_terminals_work_however_they_are_connected(tmp_path: Path, connection: str) -> None:
    books = tmp_path / "books.json"
    terminals = ("50010001", "50010003")
    with city(tmp_path / "city") as made:
        made.until_ready()
        to = made.switch.ready["terminals"][0]
        names = terminals if connection == "held" else terminals[:1]
        orders = [{"do": "connect", "to": to, "terminal": name} for name in names]
        orders += [{"do": "sale", "yuan": 10, "terminal": name} for name in terminals * 2]
        orders.append({"do": "hang_up"})
        if connection != "held":
            orders.append({"do": "echo", "terminal": terminals[1]})
        outcome = run(
            *("terminal", "work", "--books", str(books), "--connection", connection),
            *("--terminal", terminals[0], "--terminal", f"{terminals[1]}:999653053990003"),
            stdin="".join(json.dumps(order) + "\n" for order in orders),
        )
    told = [json.loads(line) for line in outcome.out.splitlines()]
    if connection != "held":
        assert told.pop() == {"error": "not connected"}
    assert all("results" in each for each in told), told
    kept = json.loads(books.read_bytes())
    for each, name in zip((kept, *kept["others"]), terminals, strict=True):
        assert each["terminal"] == name
        assert [slip["amount_fen"] for slip in each["slips"]] == [1_000, 1_000], told


def test_a_terminal_that_is_not_at_work_is_told(tmp_path: Path) -> None:
    books = str(tmp_path / "books.json")
    order = '{"do":"echo","terminal":"50010009"}\n'
    outcome = run("terminal", "work", "--books", books, stdin=order)
    assert outcome.status == BAD
    assert "there is no terminal 50010009 here" in outcome.out
