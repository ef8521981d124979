"""What the verbs of a terminal share: addresses, cards, and how they end."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from simulators.installation import terminal_identity
from simulators.terminal_memory import Kind, Result, Verdict
from simulators.terminals.debts import ReversalRules
from switch.cli.outcome import BAD, USAGE
from switch.cli.simulating.doing import Setting, tell, used_card
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
