"""A ledger is made, checked and moved from SQLite to PostgreSQL and back, from the command line."""

from __future__ import annotations

import json
import stat
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from bench.database import Database
from switch.cli.outcome import BAD, USAGE
from switch.config.installation import load
from switch.ledger.sqlite import SqliteLedger
from tests.switch.cli.running import run
from tests.switch.config import folders
from tests.switch.ledger.moving.stories import embedded, settled

CITY = "city"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an installation with an embedded ledger, none made yet."""
    return folders.make(tmp_path / CITY)


def on_postgres(folder: Path, url: str) -> Path:
    """Put the ledger of an installation on PostgreSQL."""
    folders.change(folder, "jinbao", "[ledger]\n", f'[ledger]\nurl = "{url}"\n')
    return folder


def test_a_ledger_goes_to_postgresql_and_back_unchanged(folder: Path, empty_url: str) -> None:
    settled(_state(folder))
    there = folder.parent / "there.jsonl"
    done = run("ledger", "export", "-c", str(folder), str(there))
    assert (done.status, done.err) == (0, "")
    digest = done.out.split()[-1]
    assert stat.S_IMODE(there.stat().st_mode) == 0o600

    shared = on_postgres(folders.copy(folder, folder.parent / "shared"), empty_url)
    assert run("ledger", "import", "-c", str(shared), str(there)).status == USAGE
    assert "0001-tables" in run("ledger", "init", "-c", str(shared)).out
    assert run("ledger", "migrate", "-c", str(shared)).out.endswith("up to date\n")
    assert run("ledger", "import", "-c", str(shared), str(there)).out.split()[-1] == digest
    assert run("ledger", "import", "-c", str(shared), str(there)).status == USAGE
    checked = run("ledger", "check", "-c", str(shared), "--json")
    assert checked.status == 0
    assert all(json.loads(line)["broken"] == 0 for line in checked.out.splitlines())

    back = folder.parent / "back.jsonl"
    assert run("ledger", "export", "-c", str(shared), str(back)).out.split()[-1] == digest
    again = folders.make(folder.parent / "again")
    assert run("ledger", "import", "-c", str(again), str(back)).out.split()[-1] == digest
    assert run("ledger", "check", "-c", str(again)).status == 0


def test_books_and_reversals_are_read_from_postgresql(folder: Path, empty_url: str) -> None:
    embedded(_state(folder))
    file = folder.parent / "ledger.jsonl"
    run("ledger", "export", "-c", str(folder), str(file))
    on_postgres(folder, empty_url)
    assert run("saf", "list", "-c", str(folder)).status == USAGE
    run("ledger", "init", "-c", str(folder))
    run("ledger", "import", "-c", str(folder), str(file))
    told = run("saf", "list", "-c", str(folder), "--json")
    (queued,) = [json.loads(line) for line in told.out.splitlines()]
    assert (queued["rrn"], told.err) == ("416900000005", "")
    assert run("saf", "retry", queued["rrn"], "-c", str(folder)).out.endswith("due now\n")
    ended = run("saf", "resolve", queued["rrn"], "-c", str(folder), "--as", "kept", "--why", "told")
    assert (ended.status, ended.err) == (0, "")
    assert run("ledger", "check", "-c", str(folder)).status == 0


def test_a_broken_promise_is_told_with_status_1(folder: Path) -> None:
    path = embedded(_state(folder))
    with closing(apsw.Connection(str(path))) as tables:
        tables.execute("UPDATE caps SET committed_fen = 1")
    done = run("ledger", "check", "-c", str(folder))
    assert done.status == BAD
    assert "BROKEN in 1 places: a day holds what its transactions hold" in done.out


def test_what_cannot_be_is_told_with_status_2(folder: Path, database: Database) -> None:
    file = str(folder.parent / "x.jsonl")
    for verb in ("check", "migrate"):
        assert "is not there" in run("ledger", verb, "-c", str(folder)).err
    assert run("ledger", "export", "-c", str(folder), file).status == USAGE
    assert not Path(file).exists()
    assert run("ledger", "init", "-c", str(folder)).out.endswith("made\n")
    assert run("ledger", "init", "-c", str(folder)).out.endswith("is there already\n")
    Path(file).write_text("nothing\n")
    assert run("ledger", "export", "-c", str(folder), file).status == USAGE
    assert run("ledger", "import", "-c", str(folder), str(folder / "none")).status == USAGE
    with closing(SqliteLedger(load(folder).ledger)):
        done = run("ledger", "export", "-c", str(folder), f"{file}.2")
        assert (done.status, "open in another process" in done.err) == (USAGE, True)
    on_postgres(folder, database.url("nowhere"))
    assert "refuses us" in run("ledger", "check", "-c", str(folder)).err


def test_a_damaged_file_leaves_nothing_behind(folder: Path) -> None:
    embedded(_state(folder))
    file = folder.parent / "ledger.jsonl"
    run("ledger", "export", "-c", str(folder), str(file))
    file.write_bytes(file.read_bytes().replace(b"rural", b"rurbl", 1))
    again = folders.make(folder.parent / "again")
    done = run("ledger", "import", "-c", str(again), str(file))
    assert (done.status, "digest" in done.err) == (BAD, True)
    assert not load(again).ledger.exists()


def _state(folder: Path) -> Path:
    path = load(folder).ledger
    path.parent.mkdir()
    return path
