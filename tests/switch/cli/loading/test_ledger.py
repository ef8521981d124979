"""The ledger's side of the books: what began since the run, by terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from simulators.load.books import LedgerBook
from switch.cli.loading import ledger
from switch.cli.loading.ledger import read_ledger


def test_a_folder_without_a_ledger_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        read_ledger(tmp_path, 0, 0)
    assert ended.value.exit_code == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_tables_that_are_behind_are_read_again_until_they_stand_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = LedgerBook(approved={"50010001": 2})
    looks = iter([LedgerBook(approved={"50010001": 1}), whole, whole])

    @contextmanager
    def opened(_: Path) -> Iterator[SimpleNamespace]:
        configuration = SimpleNamespace(caps=())
        yield SimpleNamespace(books=None, installation=SimpleNamespace(configuration=configuration))

    monkeypatch.setattr(ledger, "opened", opened)
    monkeypatch.setattr(ledger, "_book", lambda *_: next(looks, whole))
    monkeypatch.setattr(ledger, "_BEHIND_S", 0.05)
    monkeypatch.setattr(ledger, "_LOOK_S", 0.01)
    assert read_ledger(tmp_path, 0, 30) == whole
