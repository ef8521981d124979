"""`jinbao social-host` as a process: its ready line, its books, and what it refuses."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from simulators.social_security.sample import contribution
from switch.cli.outcome import BAD, USAGE
from tests.switch.cli.running import run
from tests.switch.cli.simulating.city import running


def test_it_listens_on_a_free_port_and_ends_with_its_books(tmp_path: Path) -> None:
    books = tmp_path / "host.json"
    with running("social-host", "--persons", "2", "--books", str(books)) as host:
        address, _, port = host.ready["social_host"].rpartition(":")
        socket.create_connection((address, int(port)), timeout=5).close()
        assert host.end() == (0, "")
    told = json.loads(books.read_text("utf-8"))
    assert {each["number"] for each in told["bills"]} >= {contribution(0), contribution(1)}
    assert told["deeds"] == []
    assert "6219991234567890120" not in books.read_text("utf-8")


def test_what_it_cannot_be_is_told() -> None:
    done = run("social-host", "--on", "everything")
    assert (done.status, "inquiry, reserve, confirm" in done.err) == (USAGE, True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("social-host", "--port", str(taken.getsockname()[1]))
    assert (done.status, "cannot listen on" in done.err) == (BAD, True)
