"""`jinbao trace to-scenario --as`: cases for a terminal and probes of a host, run as they are."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from simulators.replay.trace.writing import write_trace
from tests.scenarios.town import play, town
from tests.simulators.replay.cases.talks import ran, trace_of
from tests.simulators.replay.days import day, maker, written
from tests.switch.cli.running import Outcome, run

_DAY = ("sign-on", "echo", "balance", "withdrawal", "sale")


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record what our terminal does with the host that judges."""
    path = tmp_path_factory.mktemp("learning") / "tuesday.jsonl"
    write_trace(str(path), maker().header("a test"), trace_of(ran(_DAY).notes))
    return path


def test_cases_of_a_trace_judge_a_terminal(trace: Path, tmp_path: Path) -> None:
    cases, out = tmp_path / "cases.toml", tmp_path / "out"
    done = run("trace", "to-scenario", str(trace), "--as", "terminal", "--into", str(cases))
    assert done.status == 0, done.err
    told = ("conform", "terminal", "--auto", "--rules", str(cases), "--report", str(out))
    done = run(*told)
    assert done.status == 0, done.out
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "pass"
    assert len(report["cases"]) == len(_DAY)
    evidence = str(out / "evidence.jsonl")
    assert run("conform", "verify", evidence, "--rules", str(cases)).status == 0
    assert run("conform", "verify", evidence).status == 2


def test_probes_of_a_trace_judge_a_host(trace: Path, tmp_path: Path) -> None:
    probes, out = tmp_path / "probes.toml", str(tmp_path / "out")
    done = run("trace", "to-scenario", str(trace), "--as", "host", "--into", str(probes))
    assert done.status == 0, done.err
    told: list[Outcome] = []

    async def scenario() -> None:
        async with town(tmp_path / "city", "2014-06-18T09:30") as here:
            asked = ("conform", "host", f"127.0.0.1:{here.port}", "--rules", str(probes))
            told.append(await asyncio.to_thread(run, *asked, "--report", out))

    play(scenario())
    # Our switch is not the host of the trace: it says so, field by field.
    assert told[0].status == 1
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    found = {each["field"] for line in report["requirements"] for each in line["findings"]}
    assert found
    assert "39" not in found
    evidence = str(tmp_path / "out" / "evidence.jsonl")
    assert run("conform", "verify", evidence, "--rules", str(probes)).status == 0
    assert run("conform", "verify", evidence).status == 2


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--as", "terminal"), "whose conversation? Say --terminal: there are 50010001, 50010002"),
        (("--as", "host", "--terminal", "1"), "terminal 1 has no request"),
        (("--as", "terminal", "--seconds", "5"), "--seconds and --closed are for a load"),
        (("--terminal", "50010001"), "are for a case"),
        (("--as", "host", "--rules", "none.toml"), "none.toml: No such file"),
    ],
)
def test_what_cannot_be_learned_is_told(tmp_path: Path, options: tuple[str, ...], why: str) -> None:
    path = written(tmp_path / "t.jsonl", day(4, terminals=2))
    done = run("trace", "to-scenario", str(path), *options, "--into", str(tmp_path / "out"))
    assert done.status == 2
    assert why in done.err
    assert not (tmp_path / "out").exists()
