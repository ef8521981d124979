"""Bringing what the files have into the registry: nothing else changes, and nothing is lost."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from switch.cli.outcome import USAGE
from switch.cli.registering import adopting
from switch.config.faults import ConfigurationError
from switch.config.sections.entries import rows_of
from switch.config.sections.rows import FILE_OF, SECTIONS
from switch.core.configuration import Configuration
from tests.switch.cli.registering.bringing import begun, change, registry
from tests.switch.cli.running import run
from tests.switch.config import folders
from tests.switch.config.registry.making import installed

_CARD = "6219990000000007775"


def _same(after: Configuration, before: Configuration) -> bool:
    return all(
        getattr(after, field) == getattr(before, field)
        for field in before.__struct_fields__
        if field not in {"vault", "tariffs"}
    )


def _texts(folder: Path) -> dict[str, str]:
    return {name: (folder / f"{name}.toml").read_text("utf-8") for name in folders.NAMES}


def test_all_of_the_files_is_one_change_and_the_switch_decides_as_before(folder: Path) -> None:
    before = installed(folder).configuration
    outcome = change(folder, "adopt")
    assert outcome.status == 0, outcome.err
    assert outcome.out.splitlines() == [
        "change 1: 16 rows set, 0 removed; `jinbao reload` puts it in force",
        "banks.toml: without group, acquirer, issuer",
        "cards.toml: without range",
        "terminals.toml: without terminal",
    ]
    after = installed(folder)
    assert _same(after.configuration, before)
    assert after.configuration.registry is None
    assert not any(f"\n[[{kind}]]" in _texts(folder)[FILE_OF[kind]] for kind in SECTIONS)
    assert "# The social-security host answers" in _texts(folder)["banks"]
    (told,) = registry(folder, "show", "--history").out.splitlines()
    assert (json.loads(told)["by"], json.loads(told)["why"]) == ("wang", "test")
    assert change(folder, "adopt").out == "the registry has all of it already\n"


def test_one_kind_is_adopted_beside_the_rows_that_decide(folder: Path) -> None:
    begun(folder)
    before, texts = installed(folder).configuration, _texts(folder)
    assert change(folder, "adopt", "terminal").status == 0
    after = installed(folder).configuration
    assert after.registry is not None
    assert before.registry is not None
    assert after.registry.points == before.registry.points
    assert after.terminals == before.terminals
    assert {name for name, text in _texts(folder).items() if text != texts[name]} == {"terminals"}


@pytest.mark.parametrize("written", range(3))
def test_interrupted_between_its_steps_it_is_run_again_and_finishes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    before = installed(folder).configuration
    left, take_out = [written], adopting._take_out

    def interrupted(file: adopting._File) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        take_out(file)

    with monkeypatch.context() as patched:
        patched.setattr(adopting, "_take_out", interrupted)
        assert change(folder, "adopt").status not in {0, USAGE}
    with pytest.raises(ConfigurationError, match="`jinbao registry adopt terminal`"):
        installed(folder)
    refused = run("reload", "-c", str(folder))
    assert (refused.status, "jinbao registry adopt" in refused.err) == (USAGE, True)
    assert change(folder, "adopt").out.startswith("the registry has all of it already")
    assert _same(installed(folder).configuration, before)
    assert len(registry(folder, "show", "--history").out.splitlines()) == 1


def test_a_table_that_the_registry_has_as_another_is_not_guessed_at(folder: Path) -> None:
    before = _texts(folder)
    assert change(folder, "adopt", "range").status == 0
    (folder / "cards.toml").write_text(before["cards"].replace("social = true", "social = false"))
    outcome = change(folder, "adopt")
    assert outcome.status == USAGE
    assert "cards.toml:4: range.621999/19: is another in the registry" in outcome.err
    assert _texts(folder)["terminals"] == before["terminals"]
    assert len(registry(folder, "show", "--history").out.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("banks", 'name = "Bank of another city"', f'name = "Bank {_CARD}"',
         "issuer[2].name: could hold a whole card number"),
        ("terminals", 'id = "50010002"', 'id = "50010001"', "50010001 is there already"),
        ("cards", 'issuer = "99930000"', 'issuer = "99939999"', "no issuer 99939999"),
        ("cards", "[[range]]", '[["range"]]', "cannot be taken out by itself"),
        ("terminals", "format = 1", "format = 2", "terminals.toml"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_row_or_be_taken_out_changes_nothing(
    folder: Path, name: str, old: str, new: str, told: str
) -> None:
    folders.change(folder, name, old, new)
    before = _texts(folder)
    outcome = change(folder, "adopt")
    assert outcome.status == USAGE
    assert told in outcome.err
    assert _CARD not in outcome.err
    assert _texts(folder) == before
    assert not registry(folder, "show").out


def test_a_settlement_card_is_kept_by_its_hash_alone(folder: Path) -> None:
    folders.change(folder, "terminals", "# settlement_card", "settlement_card")
    before = installed(folder).configuration
    assert change(folder, "adopt").status == 0
    after = installed(folder).configuration
    assert after.terminals["50010001"].settlement_card == before.vault.card_hash(_CARD)
    kept = registry(folder, "show", "--history").out + "".join(_texts(folder).values())
    assert _CARD not in kept


def test_a_kind_that_is_no_section_and_nobody_who_asks_are_told(folder: Path) -> None:
    outcome = change(folder, "adopt", "village")
    assert outcome.status == USAGE
    assert "village is no section of the files" in outcome.err
    assert registry(folder, "adopt", "--by", " ", "--why", "x").status == USAGE


def test_a_file_that_cannot_be_written_is_told_before_anything_is_changed(folder: Path) -> None:
    (folder / "cards.toml.new").mkdir()
    before = _texts(folder)
    outcome = change(folder, "adopt")
    assert outcome.status == USAGE
    assert "cards.toml.new cannot be written (Is a directory); nothing is changed" in outcome.err
    assert _texts(folder) == before
    assert not registry(folder, "show", "--history").out
    assert not (folder / "banks.toml.new").exists()


def test_a_file_that_changes_meanwhile_is_left_as_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "terminals.toml"
    text = path.read_text("utf-8")

    def edited(*arguments: Any) -> Any:  # noqa: ANN401 - as it is
        path.write_text(text + "\n# somebody was here\n", "utf-8")
        return rows_of(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr("switch.cli.registering.adopting.rows_of", edited)
        outcome = change(folder, "adopt", "terminal")
    assert outcome.status == USAGE
    assert "was changed meanwhile; the registry has its tables now" in outcome.err
    assert path.read_text("utf-8").endswith("# somebody was here\n")
    assert change(folder, "adopt").status == 0
    assert path.read_text("utf-8").endswith("# somebody was here\n")


def test_links_and_modes_stay(folder: Path, tmp_path: Path) -> None:
    there = (folder / "terminals.toml").rename(tmp_path / "shared.toml")
    there.chmod(0o640)
    (folder / "terminals.toml").symlink_to(there)
    assert change(folder, "adopt").status == 0
    assert (folder / "terminals.toml").is_symlink()
    assert "[[terminal]]\n" not in there.read_text("utf-8")
    assert stat.S_IMODE(there.stat().st_mode) == 0o640
    assert installed(folder).configuration.terminals
