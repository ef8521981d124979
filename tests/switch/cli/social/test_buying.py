"""The verbs that sell products, against a switch, a bank and a product host as they run."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from simulators.products.host import ProductHost
from simulators.products.sample import host_identity, sample_shelf
from switch.cli.outcome import BAD, USAGE
from tests.scenarios.town import LINK_WIRE, Town, play, town
from tests.switch.cli.running import run


async def _say(here: Town, verb: str, *words: str) -> list[dict[str, Any]]:
    """Run a verb; return its results, which show whether all was approved."""
    where = f"127.0.0.1:{here.port}"
    outcome = await asyncio.to_thread(run, "terminal", verb, where, *words, "--json")
    results: list[dict[str, Any]] = [json.loads(line) for line in outcome.out.splitlines()]
    is_good = all(each["verdict"] == "approved" for each in results)
    assert outcome.status == (0 if is_good else BAD), outcome.err
    return results


def test_each_verb_does_its_part(tmp_path: Path) -> None:
    async def scenario() -> None:
        seller = ProductHost(host_identity(), LINK_WIRE, sample_shelf())
        async with town(tmp_path / "city", "2014-06-18T09:30", host=seller) as here:
            (listed,) = (await _say(here, "products", "--kind", "remote"))[-1:]
            assert listed["told"]["S7"].splitlines()[0] == "YC0001 RMT 化肥50公斤 128.00 余100"
            bought = await _say(here, "buy", "GZ1403", "--units", "2")
            kinds = [each["kind"] for each in bought]
            assert kinds[-3:] == ["product_inquiry", "bond", "product_inquiry"]
            assert "已支付" in bought[-1]["told"]["S7"]
            (asked,) = (await _say(here, "buy", "YC0002", "--only-order"))[-1:]
            number = asked["told"]["S5"]
            paid = ("--number", number, "--pay", "remote", "--yuan", "56.50")
            assert (await _say(here, "order", *paid))[-1]["code"] == "00"
            told = (await _say(here, "order"))[-1]["told"]["S7"]
            assert [line.split()[-1] for line in told.splitlines()] == ["已支付", "已支付"]
            assert seller.shelf.products["GZ1403"].left == 498
            assert (await _say(here, "buy", "NOTHING"))[-1]["code"] == "25"

    play(scenario())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("products", "--kind", "gold"), "--kind is one of bond, wealth, remote"),
        (("buy", "A-1"), "should be at most 28 letters or digits"),
        (("order", "--pay", "bond"), "--pay needs --number and --yuan"),
        (("order", "--pay", "gold", "--number", "P1"), "--pay is one of"),
        (("order", "--pay", "bond", "--number", "P1", "--yuan", "much"), "--yuan"),
    ],
)
def test_what_cannot_be_asked_is_told_before_anything_is_sent(
    words: tuple[str, ...], said: str
) -> None:
    done = run("terminal", words[0], "127.0.0.1:1", *words[1:])
    assert (done.status, said in done.err) == (USAGE, True)
