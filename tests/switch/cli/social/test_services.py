"""The verbs of a composite terminal, against a switch, a bank and a host as they run."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from simulators.social_security.host import SocialHost
from simulators.social_security.sample import (
    contribution,
    host_identity,
    sample_books,
    treatment,
)
from switch.cli.outcome import BAD, USAGE
from tests.scenarios.town import LINK_WIRE, Town, play, town
from tests.switch.cli.running import run


async def _say(here: Town, verb: str, *words: str) -> dict[str, Any]:
    """Run a verb; return its last result, which shows whether it was approved."""
    where = f"127.0.0.1:{here.port}"
    outcome = await asyncio.to_thread(run, "terminal", verb, where, "--json", *words)
    results = [json.loads(line) for line in outcome.out.splitlines()]
    is_good = all(each["verdict"] == "approved" for each in results)
    assert outcome.status == (0 if is_good else BAD)
    last: dict[str, Any] = results[-1]
    return last


def test_each_verb_does_its_service(tmp_path: Path) -> None:
    async def scenario() -> None:
        host = SocialHost(host_identity(), LINK_WIRE, sample_books(range(2)))
        async with town(tmp_path / "city", "2014-06-18T09:30", host=host) as here:
            assert (await _say(here, "inquire"))["told"]["S3"] == "310"
            paid = await _say(here, "contribute")
            assert (paid["kind"], paid["amount_fen"]) == ("contribution", 12_000)
            assert host.books.dues[contribution(0)].paid_by == paid["rrn"]
            again = await _say(here, "inquire", "--bill", contribution(0))
            assert again["told"]["S7"] == paid["told"]["S7"]
            settled = await _say(here, "medical", "--card", "1")
            assert settled["amount_fen"] == 6_000
            borne = await _say(here, "medical", "--bill", treatment(0, 2), "--fen", "0")
            assert borne["code"] == "00"
            assert (await _say(here, "reconcile", "--count", "3", "--fen", "18000"))["code"] == "00"
            assert (await _say(here, "reconcile", "--count", "3", "--fen", "1"))["code"] == "95"
            assert "待发放" in (await _say(here, "benefits"))["told"]["S7"]
            void = ("--rrn", paid["rrn"], "--stan", str(int(paid["stan"])), "--yuan", "120")
            assert (await _say(here, "void", *void, "--of", "bill"))["code"] == "00"
            assert not host.books.dues[contribution(0)].paid_by
            assert (await _say(here, "contribute", "--fen", "5"))["code"] == "64"
            where = f"127.0.0.1:{here.port}"
            shown = await asyncio.to_thread(run, "terminal", "contribute", where)
            assert "  应付 120.00\n  单据 C0000000002026\n" in shown.out
            # With nothing due, nothing is paid.
            assert (await _say(here, "contribute"))["kind"] == "social_inquiry"

    play(scenario())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("contribute", "--bill", "C1"), "--bill needs --fen"),
        (("inquire", "--bill", "C-1"), "should be at most 28 letters or digits"),
    ],
)
def test_what_cannot_be_asked_is_told_before_anything_is_sent(
    words: tuple[str, ...], said: str
) -> None:
    done = run("terminal", words[0], "127.0.0.1:1", *words[1:])
    assert (done.status, said in done.err) == (USAGE, True)
