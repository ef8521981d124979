"""A ledger opened for reading: there or not, with a switch or without."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
import typer

from switch.cli.books.reading import is_running, opened, row_of
from switch.cli.outcome import BAD, USAGE
from switch.config.installation import load
from switch.ledger.sqlite import SqliteLedger
from tests.switch.cli.books.conftest import APPROVED
from tests.switch.cli.running import run
from tests.switch.config import folders


def test_a_transaction_is_found_by_its_number(folder: Path) -> None:
    with opened(folder) as books:
        assert row_of(books, APPROVED).record.rrn == APPROVED
        for rrn in ("", "416900000099"):
            with pytest.raises(typer.Exit) as raised:
                row_of(books, rrn)
            assert raised.value.exit_code == BAD


def test_reading_changes_no_file_and_needs_no_writer_to_be_away(folder: Path) -> None:
    path = load(folder).ledger
    with closing(SqliteLedger(path, fill_every_s=None)):
        before = path.read_bytes()
        assert run("txn", "show", APPROVED, "-c", str(folder)).status == 0
        assert path.read_bytes() == before


def test_a_folder_that_never_had_a_switch_is_told(tmp_path: Path) -> None:
    folder = folders.make(tmp_path / "new")
    outcome = run("txn", "list", "-c", str(folder))
    assert outcome.status == USAGE
    assert "ledger.sqlite is not there: no switch has run here yet" in outcome.err


def test_a_file_that_is_no_ledger_is_told(folder: Path) -> None:
    load(folder).ledger.write_bytes(b"no ledger at all" * 100)
    outcome = run("txn", "list", "-c", str(folder))
    assert outcome.status == USAGE
    assert "ledger.sqlite" in outcome.err


def test_no_switch_answers_where_none_runs(folder: Path) -> None:
    assert not is_running(load(folder))
