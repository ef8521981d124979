"""`jinbao fees whatif`: a period under another tariff, by account; the ledger is as it was."""

from __future__ import annotations

import json
from pathlib import Path

from msgspec.structs import replace

from switch.cli.outcome import USAGE
from switch.config.installation import load
from switch.ledger.sqlite import SqliteLedger
from tests.switch.cli.books.conftest import filled, folder
from tests.switch.cli.running import run
from tests.switch.ledger import making

__all__ = ["filled", "folder"]

_PERIOD = ("--from", "20140601", "--to", "20140630", "--tariff", "at-ceiling")


def test_a_period_is_shown_as_it_was_and_as_it_would_have_been(folder: Path) -> None:
    told = json.loads(run("fees", "whatif", "-c", str(folder), *_PERIOD, "--json").out)
    assert told["count"] == 1
    assert sum(told["after"].values()) == sum(told["before"].values()) == 0
    shown = run("fees", "whatif", "-c", str(folder), *_PERIOD)
    assert shown.status == 0
    assert "1 transactions" in shown.out


def test_a_day_or_a_tariff_that_is_none_is_told(folder: Path) -> None:
    wrong = ("--from", "20140631", "--to", "20140630", "--tariff", "at-ceiling")
    assert run("fees", "whatif", "-c", str(folder), *wrong).status == USAGE
    nothing = (*_PERIOD[:-1], "no-such-tariff")
    assert run("fees", "whatif", "-c", str(folder), *nothing).status == USAGE


def _withdrawn(folder: Path) -> SqliteLedger:
    """Add a withdrawal at another bank to a folder's ledger; it is still open."""
    ledger = SqliteLedger(load(folder).ledger, fill_every_s=None)
    opened = making.opening(90, 90, 10_000)
    shown = "621999*********0120"
    record = replace(opened.record, rrn="416900000090", kind="rural_withdrawal", shown_card=shown)
    ledger.submit([replace(opened, record=record), making.closing(91, 90)])
    return ledger


def test_the_folder_s_own_tables_and_readings_hold(folder: Path) -> None:
    """Its reading becomes one in which the waiver does not reach withdrawals."""
    _withdrawn(folder).close()
    text = Path("specs/tariffs/at-ceiling.toml").read_text("utf-8")
    text = text.replace('withdrawal_network = "free"', "withdrawal_network = { fixed_fen = 20 }")
    paid = folder / "paid.toml"
    paid.write_text(text, "utf-8")
    words = ("fees", "whatif", "-c", str(folder), *_PERIOD[:-1], str(paid), "--json")
    assert json.loads(run(*words).out)["after"].get("network", 0) == 0
    main = folder / "jinbao.toml"
    toml = main.read_text("utf-8")
    main.write_text(toml.replace("[fees]", '[fees]\nwaiver_scope = "purchase_only"'), "utf-8")
    assert 'waiver_scope = "purchase_only"' in main.read_text("utf-8")
    assert json.loads(run(*words).out)["after"]["network"] == 20


def test_a_period_that_ends_before_it_begins_is_refused(folder: Path) -> None:
    wrong = ("--from", "20140630", "--to", "20140601", "--tariff", "at-ceiling")
    outcome = run("fees", "whatif", "-c", str(folder), *wrong)
    assert (outcome.status, outcome.out) == (USAGE, "")
    assert "--from 20140630 is later than --to 20140601" in outcome.err


def test_what_a_switch_that_ended_left_in_its_log_is_counted(folder: Path) -> None:
    _withdrawn(folder).abandon()
    told = json.loads(run("fees", "whatif", "-c", str(folder), *_PERIOD, "--json").out)
    assert told["count"] == 2
