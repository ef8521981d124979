"""An issuer's host as a process: its ready line, its tempers, its books."""

from __future__ import annotations

import json
import signal
import socket
import time
from pathlib import Path

import pytest

from switch.cli.outcome import BAD, USAGE
from tests.switch.cli.running import run
from tests.switch.cli.simulating.city import City, city, running


def _codes(made: City, *arguments: str) -> list[str]:
    """Return the codes of a sign-on, a withdrawal, and what had to follow it."""
    lines = made.terminal("withdraw", "--json", *arguments).out.splitlines()
    return [json.loads(line)["code"] for line in lines]


def test_it_listens_on_a_free_port_and_ends_with_its_books(tmp_path: Path) -> None:
    books = tmp_path / "bank.json"
    with running("issuer", "--cards", "2", "--yuan", "5", "--books", str(books)) as issuer:
        host, _, port = issuer.ready["issuer"].rpartition(":")
        socket.create_connection((host, int(port)), timeout=5).close()
        issuer.process.send_signal(signal.SIGUSR1)
        last = time.monotonic() + 10
        while not books.exists():
            assert time.monotonic() < last
            time.sleep(0.02)
        assert issuer.end() == (0, "")
    told = json.loads(books.read_text("utf-8"))
    assert told["opening_fen"] == told["closing_fen"] == 1_000
    assert sorted(told["balances"].values()) == [500, 500]


def test_it_takes_as_many_connections_as_it_has_lines() -> None:
    with running("issuer", "--lines", "2") as issuer:
        host, _, port = issuer.ready["issuer"].rpartition(":")
        first, second, third = (
            socket.create_connection((host, int(port)), timeout=10) for _ in range(3)
        )
        with first, second, third:
            assert first.recv(1) == b""  # one more takes the place of the oldest
            for line in (second, third):
                line.settimeout(0.2)
                with pytest.raises(TimeoutError):
                    line.recv(1)


def test_its_books_have_what_was_withdrawn(tmp_path: Path) -> None:
    books = tmp_path / "bank.json"
    with city(tmp_path / "city", "--books", str(books)) as made:
        made.until_ready()
        assert made.terminal("withdraw", "--yuan", "500").status == 0
        made.issuer.end()
    told = json.loads(books.read_text("utf-8"))
    assert told["opening_fen"] - told["closing_fen"] == 50_000


def test_every_second_request_can_be_refused(tmp_path: Path) -> None:
    with city(tmp_path / "city", "--code", "51", "--every", "2", "--twice") as made:
        codes: list[str] = []
        last = time.monotonic() + 20
        while len(codes) < 4:
            told = json.loads(
                made.terminal("withdraw", "--yuan", "10", "--json").out.splitlines()[-1]
            )
            assert time.monotonic() < last
            # 91: the link is not signed on yet, so the issuer has not been asked.
            codes += [told["code"]] if told["code"] != "91" else []
    assert codes == ["00", "51", "00", "51"]


def test_an_answer_with_a_wrong_mac_is_no_answer(tmp_path: Path) -> None:
    timers = "issuer_ms = 300\nsocial_ms = 300\nanswer_ms = 900"
    with city(tmp_path / "city", "--wrong-mac", timers=timers) as made:
        last = time.monotonic() + 20
        while (codes := _codes(made))[1] == "91":
            assert time.monotonic() < last
    # What followed the sign-on and the withdrawal is its reversal.
    assert codes == ["00", "98", "00"]


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = run("issuer", "--port", str(port))
    assert (outcome.status, outcome.out) == (BAD, "")
    assert outcome.err == (f"jinbao: cannot listen on 127.0.0.1:{port} (Address already in use)\n")


def test_wrong_options_are_wrong_usage() -> None:
    for arguments in (("--port", "70000"), ("--every", "0"), ("--yuan", "-1")):
        assert run("issuer", *arguments).status == USAGE


def test_a_rule_file_says_what_it_does_wrong(tmp_path: Path) -> None:
    rules, books = tmp_path / "rules.toml", tmp_path / "bank.json"
    rules.write_text(
        'format = 1\nkind = "issuer-rules"\n'
        '[[rule]]\nname = "much"\nleast_fen = 90_000\ncode = "61"\n'
        '[[rule]]\nname = "script"\ncards = [0]\n'
        'script = { id = "00000001", commands = ["04DA9F790A000000010000A1B2C3D4"] }\n',
        "utf-8",
    )
    arguments = ("--rules", str(rules), "--books", str(books))
    with city(tmp_path / "city", *arguments) as made:
        made.until_ready()
        assert _codes(made, "--yuan", "900") == ["00", "61"]
        assert _codes(made, "--yuan", "20") == ["00", "00", "00"]
        last = time.monotonic() + 20
        while made.ask("saf", "list"):
            # What the card did is on its way to its bank.
            assert time.monotonic() < last
            time.sleep(0.05)
        made.issuer.end()
    [told] = json.loads(books.read_text("utf-8"))["scripts"]
    assert told["results"] == "2000000001"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Object missing required field `format`"),
        ('format = 1\nkind = "issuer-rules"\n[[rule]]\nname = "a"\nlat_ms = 1\n', "lat_ms"),
    ],
)
def test_a_rule_file_that_is_wrong_is_refused_with_its_name(
    tmp_path: Path, text: str, why: str
) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(text, "utf-8")
    outcome = run("issuer", "--rules", str(file))
    assert (outcome.status, outcome.out) == (USAGE, "")
    assert outcome.err.startswith(f"jinbao: {file}: ")
    assert why in outcome.err
    assert run("issuer", "--rules", str(tmp_path / "none")).status == USAGE
