"""A terminal against a running switch and issuer, and what the books then say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.cards import FIRST_PAN
from switch.cli.outcome import BAD, USAGE
from tests.switch.cli.running import run
from tests.switch.cli.simulating.city import City, city


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Run a switch and an issuer for the tests of this module."""
    folder = tmp_path_factory.mktemp("calm") / "city"
    with city(folder, "--books", str(folder.with_name("bank.json"))) as made:
        made.until_ready()
        yield made
        assert made.issuer.end()[0] == 0
        assert made.switch.end()[0] == 0


def test_a_sign_on_tells_the_batch_that_the_switch_gave(calm: City) -> None:
    outcome = calm.terminal("signon")
    assert outcome.status == 0
    assert re.fullmatch(
        r"sign_on      approved    00  batch 000002  STAN \d{6}  RRN \d{12}\n", outcome.out
    )


def test_an_echo_needs_no_keys(calm: City) -> None:
    told = json.loads(calm.terminal("echo", "--json").out)
    assert (told["kind"], told["verdict"], told["code"]) == ("echo", "approved", "00")


def test_a_withdrawal_is_in_the_books_and_can_be_reversed(calm: City) -> None:
    outcome = calm.terminal("withdraw", "--card", "1", "--yuan", "300")
    assert outcome.status == 0
    assert "300.00 yuan  balance 9700.00" in outcome.out
    found = re.search(r"STAN (\d+)  RRN (\d+)  card (\S+)\n\Z", outcome.out)
    assert found is not None
    stan, rrn, card = found.groups()
    assert card == "621999*********0010"
    assert FIRST_PAN not in outcome.out
    reversal = calm.terminal(
        "reverse", "--stan", str(int(stan)), "--card", "1", "--yuan", "300", "--json"
    )
    told = json.loads(reversal.out.splitlines()[-1])
    assert (told["kind"], told["verdict"], told["code"]) == ("reversal", "approved", "00")
    assert told["stan"] == stan
    assert calm.transaction(rrn)["stan"] == stan
    balance = calm.terminal("balance", "--card", "1", "--json").out.splitlines()[-1]
    assert json.loads(balance)["balance_fen"] == 1_000_000


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("withdraw", "--card", "2", "--wrong-pin"), "55"),
        (("withdraw", "--card", "2", "--yuan", "2010"), "61"),
        (("withdraw", "--card", "2", "--yuan", "15"), "13"),
        (("balance", "--card", "2", "--wrong-pin"), "55"),
        (("reverse", "--stan", "77"), "25"),
        (("signon", "--terminal", "50019999"), "97"),
        (("signon", "--merchant", "999653080119999"), "03"),
    ],
)
def test_a_refusal_is_told_with_its_code(calm: City, arguments: tuple[str, ...], code: str) -> None:
    outcome = calm.terminal(*arguments, "--json")
    told = json.loads(outcome.out.splitlines()[-1])
    assert told["code"] == code
    # A reversal of what never was is a clean end.
    assert outcome.status == (0 if code == "25" else BAD)


def test_a_wrong_master_key_is_noticed_by_the_terminal(calm: City, tmp_path: Path) -> None:
    (tmp_path / "tmk").write_text("89ABCDEF0123456776543210FEDCBA98\n", "ascii")
    outcome = calm.terminal("withdraw", "--key-file", str(tmp_path / "tmk"))
    assert outcome.status == BAD
    assert outcome.out.startswith("sign_on      keys_wrong ")
    assert "89ABCDEF" not in outcome.out + outcome.err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("signon", "nowhere"), "'nowhere' is no HOST:PORT"),
        (("signon", "127.0.0.1:1", "--terminal", "123"), "should be 8 letters or digits"),
        (("echo", "127.0.0.1:1", "--merchant", "终端"), "should be 15 letters or digits"),
        (("reverse", "127.0.0.1:1", "--stan", "1", "--reason", "abc"), "98, A0, 06"),
        (("reverse", "127.0.0.1:1", "--stan", "1", "--of", "refund"), "withdrawal, sale, payment"),
        (("reverse", "127.0.0.1:1", "--stan", "1", "--type", "abc"), "should be two digits"),
        (("reverse", "127.0.0.1:1", "--stan", "1000000"), "'--stan'"),
        (("withdraw", "127.0.0.1:1", "--yuan", "10000000000"), "'--yuan'"),
        (("balance", "127.0.0.1:1", "--card", "1000000000000"), "'--card'"),
    ],
)
def test_what_no_terminal_can_send_is_wrong_usage(arguments: tuple[str, ...], reason: str) -> None:
    outcome = run("terminal", *arguments)
    assert outcome.status == USAGE
    assert reason in outcome.err


def test_where_nobody_listens_that_is_told() -> None:
    outcome = run("terminal", "signon", "127.0.0.1:1")
    assert (outcome.status, outcome.out) == (BAD, "")
    assert outcome.err == "jinbao: nobody listens at 127.0.0.1:1 (ConnectionRefusedError)\n"


def test_a_silent_issuer_leads_to_one_reversal_and_all_is_told(tmp_path: Path) -> None:
    timers = "issuer_ms = 300\nsocial_ms = 300\nanswer_ms = 900"
    with city(tmp_path / "city", "--silent", timers=timers) as made:
        # 91: the link is not signed on yet. (Balances are silent too.)
        results = [{"code": ""}, {"code": "91"}]
        while results[1]["code"] == "91":
            outcome = made.terminal("withdraw", "--json")
            results = [json.loads(line) for line in outcome.out.splitlines()]
        assert [(each["kind"], each["code"]) for each in results[1:]] == [
            ("withdrawal", "98"), ("reversal", "00"),
        ]  # fmt: skip
        row = made.transaction(results[2]["rrn"])
        assert row["amount_fen"] == 50_000
        assert row["state"] in {"IN_DOUBT", "REVERSED"}


def test_a_reversal_without_an_issuer_waits_and_a_person_can_end_it(tmp_path: Path) -> None:
    with city(tmp_path / "city") as made:
        made.until_ready()
        told = json.loads(made.terminal("withdraw", "--json").out.splitlines()[-1])
        rrn = told["rrn"]
        made.issuer.end()
        assert made.terminal("reverse", "--stan", str(int(told["stan"]))).status == 0
        while not (queued := made.ask("saf", "list")):
            assert made.switch.process.poll() is None
        assert [(each["rrn"], each["state"]) for each in queued] == [(rrn, "REVERSING")]
        assert made.ask("saf", "retry", rrn) == [{"rrn": rrn, "state": "REVERSING"}]
        resolved = made.ask("saf", "resolve", rrn, "--as", "reversed", "--why", "phone")
        assert resolved == [{"rrn": rrn, "state": "REVERSED"}]
        again = run("saf", "resolve", rrn, "-c", str(made.folder), "--as", "kept", "--why", "x")
        assert (again.status, again.err) == (BAD, f"jinbao: {rrn} is reversed already\n")
        while made.ask("saf", "list"):
            assert made.switch.process.poll() is None
        day = made.ask("caps", "show", "--rrn", rrn)[0]["days"][0]
        assert (day["used_fen"], day["held_fen"]) == (0, 0)
