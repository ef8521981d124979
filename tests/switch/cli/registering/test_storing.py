"""Changes are written beside a switch that runs, and are there for all that share a database."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
import typer

from bench.database import Database
from switch.cli.registering.keeping import kept
from switch.cli.registering.storing import add, editing, place_of, read, writing
from switch.cli.serving.folder import loaded
from switch.cli.serving.reloading import reload_of
from switch.config.registry.changes import change_to, told_of
from switch.config.registry.kinds import District
from switch.ledger.sqlite import SqliteLedger
from tests.switch.cli.ledger.test_verbs import on_postgres
from tests.switch.cli.registering.bringing import begun, change
from tests.switch.cli.running import run
from tests.switch.config import folders

_TOLD = ("2014-06-18T09:30:00+08:00", "li", "because")


def test_a_change_is_kept_beside_a_switch_that_has_the_ledger(folder: Path) -> None:
    begun(folder)
    place = place_of(folder)
    with closing(SqliteLedger(place.ledger)):
        with editing(folder) as changes:
            rows = {"district": [District(id="d", name="D")]}
            changes.append(change_to(changes, rows, {}, _TOLD))
        assert read(place, is_checked=True).state["district"].keys() == {"d", "test-district"}


def test_of_two_who_change_at_one_time_the_second_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun(folder)
    with editing(folder) as changes:
        mine = change_to(changes, {"district": [District(id="mine", name="M")]}, {}, _TOLD)
        assert change(folder, "set", "district", "id=theirs", "name=T").status == 0
        with pytest.raises(typer.Exit):
            changes.append(mine)
    assert "change 2 of the registry is there already: somebody" in capsys.readouterr().err
    found = kept(place_of(folder))
    assert found is not None
    assert found.state["district"].keys() == {"test-district", "theirs"}
    with writing(place_of(folder)) as store, pytest.raises(typer.Exit):
        add(store, [told_of(mine)])


def test_folders_that_share_a_database_share_one_registry(
    tmp_path: Path, ledger_url: str, database: Database
) -> None:
    one, other, stranger = (
        folders.away(folders.make(tmp_path / name)) for name in ("one", "other", "stranger")
    )
    on_postgres(one, ledger_url)
    on_postgres(other, ledger_url)
    on_postgres(stranger, database.create())
    assert run("ledger", "init", "-c", str(stranger)).status == 0
    begun(one)
    running = loaded(other)
    reload = reload_of(other, running)
    assert running.configuration.registry is not None
    assert running.configuration.registry.change == 1
    fields = ("id=wulong", "name=Wulong", "pilot_from=2014-07-01")
    assert change(one, "set", "district", *fields).out.startswith("change 2: 1 rows set")
    taken = reload(running.configuration).registry
    assert taken is not None
    assert (taken.change, taken.pilots["wulong"]) == (2, 20140701)
    assert change(other, "remove", "district", "wulong").out.startswith("change 3: 0 rows set")
    taken = reload(running.configuration).registry
    assert taken is not None
    assert (taken.change, "wulong" in taken.pilots) == (3, False)
    assert loaded(stranger).configuration.registry is None
    assert not (one / "state").exists()


def test_of_two_who_change_one_database_the_second_is_told(
    folder: Path, ledger_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    on_postgres(folder, ledger_url)
    with editing(folder) as changes:
        mine = change_to(changes, {"district": [District(id="mine", name="M")]}, {}, _TOLD)
        assert change(folder, "set", "district", "id=theirs", "name=T").status == 0
        with pytest.raises(typer.Exit):
            changes.append(mine)
    assert "somebody was quicker" in capsys.readouterr().err
    assert read(place_of(folder), is_checked=True).state["district"].keys() == {"theirs"}
