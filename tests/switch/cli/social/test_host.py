"""`jinbao social-host` as a process: its ready line, its books, and what it refuses."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from simulators.social_security.sample import contribution, payment
from switch.cli.outcome import BAD, USAGE
from tests.switch.cli.running import run
from tests.switch.cli.simulating.city import running


def test_it_listens_on_a_free_port_and_ends_with_its_books(tmp_path: Path) -> None:
    books, results = tmp_path / "host.json", tmp_path / "result.csv"
    line = f"P,{payment(0)},621999*********0120,11500,rejected,14,417100000002"
    results.write_text(f"H,JBRESULT1,99980000,1001,20140620,0,0,1,11500\n{line}\n", "utf-8")
    words = ("--persons", "2", "--books", str(books), "--results", str(results))
    with running("social-host", *words) as host:
        address, _, port = host.ready["social_host"].rpartition(":")
        socket.create_connection((address, int(port)), timeout=5).close()
        assert host.end() == (0, "")
    told = json.loads(books.read_text("utf-8"))
    assert {each["number"] for each in told["bills"]} >= {contribution(0), contribution(1)}
    assert told["deeds"] == []
    benefits = {each["number"]: (each["status"], each["told"]) for each in told["benefits"]}
    assert benefits[payment(0)] == ("rejected", "14")
    assert benefits[payment(1)] == ("due", "")
    assert "6219991234567890120" not in books.read_text("utf-8")


def test_a_result_file_that_is_none_is_told(tmp_path: Path) -> None:
    file = tmp_path / "result.csv"
    assert run("social-host", "--results", str(file)).status == USAGE
    file.write_text("H,JBPAYOUT1\n", "utf-8")
    done = run("social-host", "--results", str(file))
    assert (done.status, "line 1: should be H,JBRESULT1" in done.err) == (BAD, True)


def test_what_it_cannot_be_is_told() -> None:
    done = run("social-host", "--on", "everything")
    assert (done.status, "inquiry, reserve, confirm" in done.err) == (USAGE, True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("social-host", "--port", str(taken.getsockname()[1]))
    assert (done.status, "cannot listen on" in done.err) == (BAD, True)
