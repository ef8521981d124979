"""`jinbao conform host` against our own switch over real sockets: it keeps every requirement."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.scenarios.town import play, town
from tests.switch.cli.running import Outcome, leaks, run


def test_our_own_switch_conforms(tmp_path: Path) -> None:
    done: list[Outcome] = []

    async def scenario() -> None:
        async with town(tmp_path / "city", "2014-06-18T09:30") as here:
            where, out = f"127.0.0.1:{here.port}", str(tmp_path / "out")
            done.append(await asyncio.to_thread(run, "conform", "host", where, "--report", out))

    play(scenario())
    (told,) = done
    assert told.status == 0, told.out
    assert "conforms: 31 requirements kept in 24 cases" in told.out
    assert not leaks(told)
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "pass"
    assert run("conform", "verify", str(tmp_path / "out" / "evidence.jsonl")).status == 0


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("nowhere",), 2, "HOST:PORT"),
        (("127.0.0.1:9", "--probe", "nothing"), 2, "nothing"),
        (("127.0.0.1:9",), 1, "nobody listens"),
    ],
)
def test_what_cannot_be_asked_is_told(arguments: tuple[str, ...], status: int, said: str) -> None:
    done = run("conform", "host", *arguments)
    assert done.status == status
    assert said in done.err


def test_the_evidence_of_another_run_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "evidence.jsonl").write_text("{}\n", encoding="utf-8")
    done = run("conform", "host", "127.0.0.1:9", "--report", str(tmp_path))
    assert done.status == 2
    assert "choose another folder" in done.err
    assert "--resume" not in done.err
    assert (tmp_path / "evidence.jsonl").read_text(encoding="utf-8") == "{}\n"
