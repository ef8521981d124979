"""Verbs that sell, against a switch and a bank as they run: each names what it is about."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bench.serving import until
from simulators.cards import fictional_card
from switch.cli.outcome import BAD, USAGE
from tests.scenarios.town import BALANCE_FEN, Town, play, town
from tests.switch.cli.running import run
from tests.switch.config import folders


async def _say(here: Town, *words: str) -> dict[str, Any]:
    """Run a verb; return its last result, which shows whether it was approved."""
    outcome = await asyncio.to_thread(
        run, "terminal", words[0], f"127.0.0.1:{here.port}", "--json", *words[1:]
    )
    result: dict[str, Any] = json.loads(outcome.out.splitlines()[-1])
    assert outcome.status == (0 if result["verdict"] == "approved" else BAD)
    return result


def _about(result: dict[str, Any]) -> tuple[str, ...]:
    return "--rrn", result["rrn"], "--stan", str(int(result["stan"]))


def test_everything_sold_is_voided_refunded_or_completed_by_its_slip(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with town(tmp_path / "city", "2014-06-18T09:30") as here:
            pan = fictional_card(0).pan
            sold = await _say(here, "sale", "--yuan", "80")
            assert (await _say(here, "void", *_about(sold), "--yuan", "79"))["code"] == "64"
            assert (await _say(here, "void", *_about(sold), "--yuan", "80"))["code"] == "00"
            assert (await _say(here, "void", *_about(sold), "--yuan", "80"))["code"] == "22"
            paid = await _say(here, "pay", "--yuan", "35")
            assert (await _say(here, "refund", *_about(paid), "--yuan", "35"))["code"] == "22"
            bank_sale = await _say(here, "sale", "--yuan", "100", "--type", "22")
            assert (await _say(here, "refund", *_about(bank_sale), "--yuan", "30"))["code"] == "00"
            assert (await _say(here, "refund", *_about(bank_sale), "--yuan", "71"))["code"] == "64"
            held = await _say(here, "preauth", "--yuan", "1000")
            done = await _say(here, "complete", *_about(held), "--yuan", "900")
            voided = ("void", *_about(done), "--yuan", "900", "--of", "completion")
            assert (await _say(here, *voided))["code"] == "00"
            held = await _say(here, "preauth", "--yuan", "500")
            advice = ("complete", *_about(held), "--yuan", "500", "--advice")
            assert (await _say(here, *advice))["code"] == "00"
            await until(lambda: bool(here.bank.heard("0220")), 30)
            spent_fen = 3_500 + 10_000 - 3_000 + 100_000 + 50_000
            await until(lambda: here.bank.accounts.balance_fen(pan) == BALANCE_FEN - spent_fen, 30)

    play(scenario())


def test_what_cannot_be_voided_is_told_before_anything_is_sent() -> None:
    given = ("--rrn", "417000000001", "--stan", "1", "--yuan", "5", "--of", "withdrawal")
    outcome = run("terminal", "void", "127.0.0.1:1", *given)
    assert outcome.status == USAGE
    assert "--of is one of sale, payment, preauth, completion" in outcome.err


@pytest.mark.parametrize("verb", ["transfer", "remit"])
def test_a_card_does_not_pay_itself(verb: str) -> None:
    outcome = run("terminal", verb, "127.0.0.1:1", "--card", "3", "--to", "3")
    assert outcome.status == USAGE
    assert "another card" in outcome.err


def test_a_remittance_goes_through_and_the_books_tell_of_both_legs(tmp_path: Path) -> None:
    async def scenario() -> None:
        folder = tmp_path / "city"
        async with town(folder, "2014-09-18T09:30") as here:
            welfare = "public_welfare = true              # known"
            admits = 'transactions = ["cash_remittance"]\nsettlement_card = "{}"\n{}'
            admitted = admits.format(fictional_card(0).pan, welfare)
            folders.change(folder, "terminals", welfare, admitted)
            here.switch.kill()
            await here.start("2014-09-18T09:30")
            where = ("terminal", "remit", f"127.0.0.1:{here.port}")
            done = await asyncio.to_thread(run, *where, "--json", "--to", "2", "--yuan", "300")
            assert done.status == 0
            result = json.loads(done.out.splitlines()[-1])
            accounts = here.bank.accounts
            assert accounts.balance_fen(fictional_card(2).pan) == BALANCE_FEN + 30_000
            assert accounts.balance_fen(fictional_card(0).pan) == BALANCE_FEN - 30_000

            def told() -> dict[str, object]:
                asked = run("txn", "show", result["rrn"], "--json", "-c", str(folder))
                shown: dict[str, object] = json.loads(asked.out) if not asked.status else {}
                return shown

            await until(lambda: len(told()) > 0, 30)
            legs = told()["linked"]
            assert isinstance(legs, list)
            assert [(leg["kind"], leg["state"]) for leg in legs] == [
                ("cash_remittance_debit", "APPROVED"),
                ("cash_remittance_credit", "APPROVED"),
            ]
            shown = run("txn", "show", legs[1]["rrn"], "-c", str(folder)).out
            assert "Cash remittance, credit" in shown
            assert result["rrn"] in shown
            days = run("caps", "show", "--rrn", legs[1]["rrn"], "--json", "-c", str(folder))
            assert json.loads(days.out)["days"] == [
                {
                    "day": 20140918,
                    "counter": "remittance",
                    "acquirer": "",
                    "used_fen": 30_000,
                    "held_fen": 0,
                    "left_fen": 170_000,
                    "limit_fen": 200_000,
                }
            ]

    play(scenario())
