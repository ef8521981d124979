"""`jinbao terminal settle` against a switch as it runs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from switch.cli.outcome import BAD, USAGE
from tests.scenarios.town import Town, play, town
from tests.switch.cli.running import run


async def _say(here: Town, *words: str) -> tuple[int, list[dict[str, Any]]]:
    where = f"127.0.0.1:{here.port}"
    outcome = await asyncio.to_thread(run, "terminal", words[0], where, "--json", *words[1:])
    return outcome.status, [json.loads(line) for line in outcome.out.splitlines()]


def test_a_day_is_settled_by_its_slips_and_the_next_batch_begins(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with town(tmp_path / "city", "2014-06-18T09:30") as here:
            _, results = await _say(here, "withdraw", "--yuan", "500")
            slip = f"{int(results[-1]['stan'])}:500"
            status, results = await _say(here, "settle", "--slip", slip, "--slip", "77:20")
            assert status == BAD
            assert [(r["kind"], r["code"]) for r in results] == [
                ("sign_on", "00"),
                ("settlement", "21"),
                ("upload", "00"),
                ("upload", "00"),  # of the chip's last word
                ("batch_end", "00"),
            ]
            assert [r["of"] for r in results[2:4]] == ["details", "certificate"]
            status, results = await _say(here, "settle")
            assert status == 0
            assert [r["code"] for r in results] == ["00", "11", "00"]
            assert results[0]["batch"] > "000001"

    play(scenario())


def test_a_slip_that_is_none_is_told_before_anything_is_sent() -> None:
    outcome = run("terminal", "settle", "127.0.0.1:1", "--slip", "five")
    assert outcome.status == USAGE
    assert "should be like 351204:500" in outcome.err
