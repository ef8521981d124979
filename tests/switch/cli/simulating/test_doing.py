"""What the verbs of a terminal share: addresses, cards, and how they end."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import typer

from bench.serving import until
from simulators.cards import fictional_card
from simulators.installation import terminal_identity
from simulators.terminal_memory import Kind, Result, Verdict
from simulators.terminals.debts import ReversalRules
from switch.cli.outcome import BAD, USAGE
from switch.cli.simulating.doing import Setting, tell, used_card
from tests.scenarios.town import play, town
from tests.switch.cli.running import run


@pytest.mark.parametrize("where", ["nowhere", "127.0.0.1:", ":8583", "127.0.0.1:eight"])
def test_an_address_that_is_none_is_told(where: str) -> None:
    outcome = run("terminal", "echo", where)
    assert outcome.status == USAGE
    assert f"'{where}' is no HOST:PORT" in outcome.err


def test_where_nobody_listens_is_told_without_a_traceback() -> None:
    outcome = run("terminal", "echo", "127.0.0.1:1")
    assert outcome.status == BAD
    assert "nobody listens at 127.0.0.1:1" in outcome.err


def test_a_wrong_pin_is_another_one_of_the_same_card() -> None:
    right, wrong = used_card(3, wrong_pin=False), used_card(3, wrong_pin=True)
    assert right.pan == wrong.pan
    assert right.pin != wrong.pin


def test_anything_that_was_not_approved_ends_in_status_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = Setting(
        "127.0.0.1", 8583, terminal_identity(), as_json=False, state=Path(), rules=ReversalRules()
    )
    good = Result(kind=Kind.SALE, verdict=Verdict.APPROVED, code="00", amount_fen=8_050)
    tell(given, [good])
    assert "80.50 yuan" in capsys.readouterr().out
    loaded = Result(kind=Kind.DOWNLOAD, verdict=Verdict.APPROVED, code="00", of="blacklist")
    tell(given, [loaded])
    assert "approved    00  blacklist  batch" in capsys.readouterr().out
    with pytest.raises(typer.Exit) as ended:
        tell(given, [good, Result(kind=Kind.SALE, verdict=Verdict.DECLINED, code="51")])
    assert ended.value.exit_code == BAD


def test_how_a_card_is_read_which_keys_are_asked_for_and_the_date_are_options(
    tmp_path: Path,
) -> None:
    date = "2014-06-18T09:30"

    async def scenario() -> None:
        async with town(tmp_path / "city", date) as here:

            async def say(verb: str, *words: str) -> tuple[int, list[dict[str, Any]]]:
                dated = ("--business-date", date, "--json", *words)
                where = f"127.0.0.1:{here.port}"
                outcome = await asyncio.to_thread(run, "terminal", verb, where, *dated)
                assert outcome.err == ""
                return outcome.status, [json.loads(line) for line in outcome.out.splitlines()]

            _, results = await say("withdraw", "--entry", "stripe")
            # Service code 2xx: this card has a chip, and is to be read by it.
            assert results[-1]["code"] == "45"
            status, _ = await say("withdraw", "--entry", "contactless", "--yuan", "100")
            asked = here.bank.heard("0200")[-1]
            assert (status, asked.get(22)) == (0, "071")
            # The chip signed the day that the terminal believes in (tag 9A).
            assert "9A03140618" in asked.get(55)
            status, results = await say("sale", "--track-key", "--yuan", "30")
            asked = here.bank.heard("0200")[-1]
            assert (status, asked.get(35)) == (0, fictional_card(0).track_2)
            stan = str(int(results[-1]["stan"]))
            status, results = await say("reverse", "--of", "sale", "--stan", stan, "--yuan", "30")
            assert (status, results[-1]["code"]) == (0, "00")
            _, results = await say("preauth", "--yuan", "60")
            stan = str(int(results[-1]["stan"]))
            of = ("--of", "authorisation", "--stan", stan, "--yuan", "60")
            assert [each["code"] for each in (await say("reverse", *of))[1]][-1] == "00"
            await until(lambda: len(here.bank.heard("0420")) == 2, 20)
            orders: list[dict[str, object]] = [
                {"do": "connect", "to": f"127.0.0.1:{here.port}"},
                {"do": "authorisation", "yuan": 80},
                {"do": "sale", "yuan": 10, "entry": "contactless"},
                {"do": "completion", "yuan": 70},
                {"do": "completion_void", "yuan": 70},
                {"do": "transfer", "yuan": 10, "payee": 2},
            ]
            lines = "".join(json.dumps(order) + "\n" for order in orders)
            options = ("--books", str(tmp_path / "b"), "--state", str(tmp_path), "--track-key")
            told = await asyncio.to_thread(run, "terminal", "work", *options, stdin=lines)
            ended = [json.loads(line)["results"] for line in told.out.splitlines()]
            kinds = [each["do"] for each in orders[1:]]
            assert [each[-1]["kind"] for each in ended[1:]] == kinds
            assert [each[-1]["code"] for each in ended[1:5]] == ["00", "00", "00", "00"]
            # A transfer waits for its stage.
            assert ended[5][-1]["verdict"] == "declined"
            kept = json.loads((tmp_path / "50010001.json").read_bytes())
            assert kept["owed"] == []

    play(scenario())


def test_a_verb_without_a_card_has_no_way_to_read_one() -> None:
    outcome = run("terminal", "signon", "127.0.0.1:1", "--entry", "stripe")
    assert (outcome.status, "No such option" in outcome.err) == (USAGE, True)
