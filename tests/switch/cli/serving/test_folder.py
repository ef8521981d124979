"""What is wrong with a folder ends a verb with status 2, a line for each fault."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from switch.cli.outcome import USAGE
from switch.cli.serving.folder import key_store, loaded, put_in_place
from switch.config.installation import KEYS
from switch.config.keystore import MASTER


def test_a_good_folder_is_loaded(folder: Path) -> None:
    assert "50010001" in loaded(folder).configuration.terminals
    assert "50010001" in key_store(folder).names("terminals")


def test_faults_are_told_one_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as raised:
        loaded(tmp_path)
    assert raised.value.exit_code == USAGE
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == f"jinbao: {tmp_path} cannot be used"
    assert f"{tmp_path}/jinbao.toml: cannot be read: FileNotFoundError" in lines
    assert len(lines) == 6


def test_keys_that_cannot_be_opened_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / KEYS / MASTER).chmod(0o644)
    with pytest.raises(typer.Exit):
        key_store(folder)
    assert "should be 0600" in capsys.readouterr().err


def test_a_file_is_put_in_the_place_of_another(tmp_path: Path) -> None:
    made, place = tmp_path / "made", tmp_path / "place"
    made.write_text("new", "utf-8")
    place.write_text("old", "utf-8")
    put_in_place(made, place)
    assert (made.exists(), place.read_text("utf-8")) == (False, "new")
