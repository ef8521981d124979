"""A history comes into an empty registry whole, once, and as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from switch.cli.outcome import USAGE
from switch.cli.registering import restoring
from switch.config.registry.history import OLD
from tests.switch.cli.ledger.test_verbs import on_postgres
from tests.switch.cli.registering.bringing import begun, change, registry
from tests.switch.cli.running import run
from tests.switch.config import folders
from tests.switch.config.registry.making import history


@pytest.fixture
def lines(tmp_path: Path) -> list[str]:
    """Return a history of three changes, as another folder shows it."""
    source = begun(folders.away(folders.make(tmp_path / "source")))
    assert change(source, "set", "district", "id=d", "name=武隆").status == 0
    assert change(source, "remove", "district", "d").status == 0
    return registry(source, "show", "--history").out.splitlines(keepends=True)


def _old(folder: Path, lines: list[str]) -> Path:
    path = folder / OLD
    path.parent.mkdir()
    path.write_text("".join(lines), "utf-8")
    return path


def test_the_file_of_before_is_moved_with_numbers_days_and_people(
    folder: Path, lines: list[str]
) -> None:
    # The last line was never written to its end: that change never happened.
    old = _old(folder, [*lines, lines[0][:40]])
    assert run("check", str(folder)).status == USAGE
    moved = registry(folder, "restore")
    assert (moved.status, "3 changes restored" in moved.out) == (0, True)
    assert not old.exists()
    assert old.with_name("changes.jsonl.moved").exists()
    assert registry(folder, "show", "--history").out.splitlines(keepends=True) == lines
    assert run("check", str(folder)).status == 0
    assert "is not there" in registry(folder, "restore").err


def test_a_move_that_died_between_its_two_steps_is_ended_by_another(
    folder: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = _old(folder, lines)
    with monkeypatch.context() as patch:
        patch.setattr(restoring, "_put_aside", _die)
        with pytest.raises(KeyboardInterrupt):
            restoring.restore(folder=folder)
    assert old.exists()
    assert run("check", str(folder)).status == USAGE
    moved = registry(folder, "restore")
    assert (moved.status, "3 changes were there" in moved.out) == (0, True)
    assert not old.exists()
    assert history(folder).number == 3


def _die(_: Path) -> None:
    raise KeyboardInterrupt


def test_a_history_of_elsewhere_is_restored_on_either_engine(
    folder: Path, lines: list[str], tmp_path: Path, ledger_url: str
) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text("".join(lines), "utf-8")
    assert registry(folder, "restore", str(file)).status == 0
    shared = on_postgres(folders.away(folders.make(tmp_path / "shared")), ledger_url)
    assert registry(shared, "restore", str(file)).status == 0
    assert file.exists()
    for each in (folder, shared):
        assert registry(each, "show", "--history").out.splitlines(keepends=True) == lines
    checked = run("ledger", "check", "-c", str(shared))
    assert checked.status == 0, checked.out


def test_another_history_does_not_come_before_the_folder_s_own(
    folder: Path, lines: list[str], tmp_path: Path
) -> None:
    _old(folder, lines)
    file = tmp_path / "history.jsonl"
    file.write_text("".join(lines[:1]), "utf-8")
    refused = registry(folder, "restore", str(file))
    assert (refused.status, "has the registry now" in refused.err) == (USAGE, True)
    assert registry(folder, "restore").status == 0
    assert registry(folder, "show", "--history").out.splitlines(keepends=True) == lines


def test_only_an_empty_registry_is_restored(folder: Path, lines: list[str], tmp_path: Path) -> None:
    begun(folder)
    assert change(folder, "set", "district", "id=other", "name=Other").status == 0
    before = history(folder).changes
    old = _old(folder, lines)
    file = tmp_path / "history.jsonl"
    file.write_text("".join(lines), "utf-8")
    refused = registry(folder, "restore")
    assert (refused.status, "only an empty registry" in refused.err) == (USAGE, True)
    assert old.exists()
    old.rename(tmp_path / "away")
    refused = registry(folder, "restore", str(file))
    assert (refused.status, "only an empty registry" in refused.err) == (USAGE, True)
    assert history(folder).changes == before


def _without_village(lines: list[str]) -> None:
    first = json.loads(lines[0])
    del first["rows"]["village"]
    lines[0] = json.dumps(first) + "\n"


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda lines: lines.pop(1), "history.jsonl:2: is change 3, not 2"),
        (lambda lines: lines.insert(1, "nonsense\n"), "history.jsonl:2: JSON is malformed"),
        (lambda lines: lines.clear(), "holds no change"),
        (_without_village, "history.jsonl:1: point."),
        (lambda lines: lines.append(lines[1].replace("武隆", "6219991234567890120").replace(
            '"number":2', '"number":4')), "history.jsonl:4: name: could hold a whole card"),
    ],
)  # fmt: skip
def test_one_wrong_line_refuses_all_of_them(
    folder: Path, lines: list[str], tmp_path: Path, damage: object, told: str
) -> None:
    assert callable(damage)
    damage(lines)
    file = tmp_path / "history.jsonl"
    file.write_text("".join(lines), "utf-8")
    refused = registry(folder, "restore", str(file))
    assert (refused.status, told in refused.err) == (USAGE, True), refused.err
    assert not (folder / "state").exists()


def test_a_file_that_was_put_aside_before_is_not_written_over(
    folder: Path, lines: list[str]
) -> None:
    old = _old(folder, lines)
    old.with_name("changes.jsonl.moved").write_text("another", "utf-8")
    refused = registry(folder, "restore")
    assert (refused.status, "move it away first" in refused.err) == (USAGE, True)
    assert not (folder / "state").exists()
