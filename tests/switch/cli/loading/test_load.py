"""`jinbao load` as people type it, against a host of the bench and our own switch."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.folder import Wanted, write
from bench.serving import Switch
from simulators.load.measuring.results import to_json
from tests.simulators.load import making
from tests.simulators.load.driving.test_running import free_ports
from tests.switch.cli.running import ROOT, run

_SCENARIO = """
format = 1
kind = "load"
name = "short"
seconds = 1.0
warm_up_s = 0.0
thresholds = ["lost == 0", "approved > 99%"]
arrivals = { schedule = "poisson", rate = 60.0 }
fleet = { terminals = 5, sign_on = "none" }
limits = { late_ms = 3000, timeout_ms = 5000 }
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "short.toml"
    path.write_text(_SCENARIO)
    return path


@pytest.fixture
def host(tmp_path: Path) -> Iterator[str]:
    told = tmp_path / "port"
    process = subprocess.Popen((sys.executable, "-m", "bench.load.host", str(told)), cwd=ROOT)
    try:
        while not told.exists():
            assert process.poll() is None
            time.sleep(0.02)
        yield f"127.0.0.1:{told.read_text()}"
    finally:
        process.terminate()
        process.wait(60)


def test_a_run_writes_everything_that_was_asked_for(
    scenario: Path, host: str, tmp_path: Path
) -> None:
    files = [tmp_path / name for name in ("r.json", "r.html", "r.csv")]
    options = zip(("--result", "--html", "--csv"), map(str, files), strict=True)
    done = run(
        "load", "run", str(scenario), "--target", host, *(w for pair in options for w in pair)
    )
    assert done.status == 0, done.out + done.err
    assert done.out.splitlines()[-1] == "PASSED"
    assert all(file.stat().st_size > 1_000 for file in files)
    again = run("load", "report", str(files[0]), str(tmp_path / "zh.html"), "--language", "zh")
    assert again.status == 0
    assert "压力测试" in (tmp_path / "zh.html").read_text()
    same = run("load", "compare", str(files[0]), str(files[0]), "--json")
    assert same.status == 0
    assert not any(each["matters"] for each in json.loads(same.out)["differences"])


def test_json_lines_are_progress_and_one_result(scenario: Path, host: str) -> None:
    done = run("load", "run", str(scenario), "--target", host, "--json", "--workers", "2")
    *progress, last = [json.loads(line) for line in done.out.splitlines()]
    assert progress
    assert all(len(each["progress"]) == 2 for each in progress)
    accounts = last["result"]["whole"]["accounts"]
    assert accounts["outcomes"] == {"approved": accounts["intended"]}


def test_a_broken_threshold_and_a_host_that_is_away_end_with_their_status(
    scenario: Path, host: str
) -> None:
    scenario.write_text(_SCENARIO.replace("lost == 0", "p50 < 1us"))
    done = run("load", "run", str(scenario), "--target", host)
    assert done.status == 1
    assert done.out.splitlines()[-1].startswith("FAILED: p50 < 1us, measured")
    away = run("load", "run", str(scenario), "--target", "127.0.0.1:1")
    assert (away.status, away.out) == (2, "")
    assert "5 terminals cannot connect to 127.0.0.1:1" in away.err


def test_the_limit_needs_thresholds_and_is_found(scenario: Path, host: str) -> None:
    arguments = ("load", "find-limit", str(scenario), "--target", host, "--seconds", "0.5")
    found = run(*arguments, "--from", "20", "--most", "40", "--confirm", "1")
    assert found.status == 0, found.out
    assert found.out.splitlines()[-1] == "the limit is above 40.0/s: every run passed"
    scenario.write_text(_SCENARIO.replace('"lost == 0", "approved > 99%"', ""))
    assert "a limit needs thresholds" in run(*arguments).err


def test_with_issuers_and_books_the_switch_balances(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    folder = tmp_path / "city"
    write(folder, Wanted(terminals=5, issuer_port=port))
    scenario = tmp_path / "s.toml"
    scenario.write_text(_SCENARIO.replace('"none"', '"before"'))
    switch = Switch(folder)
    try:
        done = run(
            "load", "run", str(scenario), "--target", f"127.0.0.1:{switch.port()}",
            "--with-issuers", f"127.0.0.1:{port}", "--books", str(folder),
        )  # fmt: skip
    finally:
        switch.end()
    assert done.status == 0, done.out + done.err
    assert "holds  ledger and terminals agree: 5 terminals" in done.out
    assert "added by the system (front minus back)" in done.out


def test_a_worse_second_result_is_status_1(tmp_path: Path) -> None:
    first, second = making.result(), making.result()
    for cell in second.whole.cells:
        cell.codes, cell.outcomes = {"51": 300}, {"declined": 300}
    paths = [tmp_path / name for name in ("a.json", "b.json")]
    for path, result in zip(paths, (first, second), strict=True):
        path.write_bytes(to_json(result))
    done = run("load", "compare", *map(str, paths))
    assert done.status == 1
    assert "worse" in done.out
    paths[0].write_text("{")
    assert run("load", "compare", *map(str, paths)).status == 2
    assert run("load", "compare", str(tmp_path / "no.json"), str(paths[1])).status == 2
    assert run("load", "report", str(paths[1]), "x", "--language", "fr").status == 2


_DAY = """
loop = "closed"
at_end = ["settlement"]
mix = [{ kind = "withdrawal" }, { kind = "sale" }, { kind = "payment" }, { kind = "balance" }]
cards = { count = 50 }
"""


@pytest.mark.parametrize("dialect", ["pos", "composite"])
def test_a_fleet_sells_and_its_settlements_are_the_switchs(tmp_path: Path, dialect: str) -> None:
    (port,) = free_ports(1)
    folder = tmp_path / "city"
    write(folder, Wanted(terminals=5, issuer_port=port, limit_fen=10_000_000))
    scenario = tmp_path / "s.toml"
    fleet = f'"before", dialect = "{dialect}"'
    head, arrivals, tail = _SCENARIO.partition("arrivals")
    scenario.write_text(head + _DAY + arrivals + tail.replace('"none"', fleet))
    switch = Switch(folder)
    try:
        done = run(
            "load", "run", str(scenario), "--target", f"127.0.0.1:{switch.port()}",
            "--with-issuers", f"127.0.0.1:{port}", "--books", str(folder), "--json",
        )  # fmt: skip
    finally:
        switch.end()
    assert done.status == 0, done.out + done.err
    result = json.loads(done.out.splitlines()[-1])["result"]
    accounts = result["whole"]["accounts"]
    assert accounts["outcomes"] == {"approved": accounts["intended"]}
    (settled,) = (c for c in result["whole"]["cells"] if c["kind"] == "settlement")
    assert settled["outcomes"] == {"approved": 5}
    assert settled["codes"] == {"11": 5}  # balanced, for domestic and foreign cards
    assert accounts["side"]["batch_end.approved"] == 5
    assert all(check["holds"] for check in result["checks"])


def test_a_csv_is_refused_where_it_would_be_on_other_machines(scenario: Path) -> None:
    words = ("--target", "127.0.0.1:1", "--csv", "x.csv", "--jobs", "postgresql://h/d")
    done = run("load", "run", str(scenario), *words)
    assert done.status == 2
    assert "--csv does not go with --jobs" in done.err


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ("--html", "cannot be written: there is no such folder"),
        ("--result", "cannot be written: there is no such folder"),
        ("--csv", "cannot be written: there is no such folder"),
        ("--books", "nowhere"),
    ],
)
def test_what_cannot_be_written_or_read_is_told_before_the_run(
    scenario: Path, tmp_path: Path, option: str, why: str
) -> None:
    # Nobody listens there: a run would have said so instead.
    place = str(tmp_path / "nowhere" / "x")
    done = run("load", "run", str(scenario), "--target", "127.0.0.1:1", option, place)
    assert done.status == 2
    assert why in done.err
    assert "connect" not in done.err
