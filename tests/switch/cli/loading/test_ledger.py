"""The ledger's side of the books: what began since the run, by terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from switch.cli.loading.ledger import read_ledger


def test_a_folder_without_a_ledger_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        read_ledger(tmp_path, 0, 0)
    assert ended.value.exit_code == 2
    assert str(tmp_path) in capsys.readouterr().err
