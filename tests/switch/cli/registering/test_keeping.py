"""What a verb that loads a folder is told of its registry, and that it changes nothing there."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from switch.cli import load as on_demand
from switch.cli.outcome import USAGE
from switch.cli.registering.keeping import kept, kept_as_is
from switch.cli.registering.storing import place_of
from switch.config.faults import ConfigurationError
from switch.config.registry.history import OLD
from tests.switch.cli.ledger.test_verbs import on_postgres
from tests.switch.cli.registering.bringing import begun, change, registry
from tests.switch.cli.running import ROOT, run


def test_a_folder_without_a_ledger_has_no_registry_and_gets_none(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    assert run("check", str(folder)).status == 0
    assert kept(place_of(folder)) is None
    assert sorted(folder.rglob("*")) == before


def test_checking_a_folder_leaves_its_ledger_as_it_was(folder: Path) -> None:
    begun(folder)
    before = {path: path.read_bytes() for path in (folder / "state").iterdir()}
    assert run("check", str(folder)).status == 0
    assert {path: path.read_bytes() for path in (folder / "state").iterdir()} == before


def _damage(folder: Path, sql: str) -> None:
    with closing(apsw.Connection(str(folder / "state" / "ledger.sqlite"))) as file:
        file.execute("DROP TRIGGER registry_changes_stay; DROP TRIGGER registry_changes_are_kept")
        file.execute(sql)


def test_a_change_that_was_altered_by_hand_refuses_the_folder(folder: Path) -> None:
    begun(folder)
    assert change(folder, "set", "district", "id=d", "name=one").status == 0
    _damage(folder, "UPDATE registry_changes SET body = replace(body, 'one', 'two')")
    assert registry(folder, "show").status == USAGE
    told = run("check", str(folder))
    assert "ledger.sqlite: change 2 of the registry is not as it was written" in told.err
    assert (told.status, "jinbao.toml" in told.err) == (USAGE, True)
    for verb in (("set", "district", "id=d", "name=three"), ("remove", "district", "d")):
        refused = change(folder, *verb)
        assert (refused.status, "change 2" in refused.err) == (USAGE, True)
    found = kept_as_is(place_of(folder))
    assert found is not None
    assert found.number == 2
    checked = run("ledger", "check", "-c", str(folder))
    assert checked.status == 1
    assert "BROKEN in 1 places: the registry's changes have no gap" in checked.out


def test_a_change_that_was_taken_out_by_hand_refuses_the_folder(folder: Path) -> None:
    begun(folder)
    assert change(folder, "set", "district", "id=d", "name=one").status == 0
    _damage(folder, "DELETE FROM registry_changes WHERE number = 1")
    assert "change 1 of the registry is missing" in run("check", str(folder)).err


def test_a_registry_in_a_file_is_refused_with_the_verb_that_moves_it(folder: Path) -> None:
    old = folder / OLD
    old.parent.mkdir()
    old.write_text('{"number":1,"at":"","by":"","why":""}\n', "utf-8")
    for told in (
        run("check", str(folder)),
        registry(folder, "show"),
        change(folder, "set", "district", "id=d", "name=D"),
    ):
        assert told.status == USAGE
        assert f"{old}: the ledger's database has the registry now: " in told.err
        assert "`jinbao registry restore`" in told.err
    assert not (folder / "state").exists()


def test_a_database_that_cannot_be_read_is_told_with_the_next_step(
    folder: Path, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = "postgresql://somebody@127.0.0.1:1/nowhere"
    on_postgres(folder, nowhere)
    told = run("check", str(folder))
    assert told.status == USAGE
    assert "jinbao.toml:" in told.err
    assert f"ledger.url: {nowhere}: the database cannot be reached" in told.err
    assert change(folder, "set", "district", "id=d", "name=D").status == USAGE
    # What asks a running switch does not need the database.
    assert "no switch answers" in run("control", "status", "-c", str(folder)).err
    main = folder / "jinbao.toml"
    main.write_text(main.read_text("utf-8").replace(nowhere, empty_url), "utf-8")
    assert run("check", str(folder)).status == 0
    told = change(folder, "set", "district", "id=d", "name=D")
    assert (told.status, "`jinbao ledger init`" in told.err) == (USAGE, True)
    monkeypatch.setattr(on_demand, "postgres_ledger", _no_driver)
    assert "needs asyncpg" in run("check", str(folder)).err
    with pytest.raises(ConfigurationError, match="needs asyncpg"):
        kept(place_of(folder))


def _no_driver() -> None:
    raise ImportError


def test_a_verb_starts_without_what_opens_a_database() -> None:
    code = (
        "import sys, switch.cli.serving.check;"
        "print({'apsw', 'asyncpg', 'switch.ledger.protocol'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, timeout=60, cwd=ROOT
    )
    assert done.stdout == b"set()\n"
