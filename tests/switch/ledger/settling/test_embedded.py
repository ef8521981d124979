"""The embedded store: a file beside the ledger, which another command finds as it was left."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.ledger.protocol import LedgerOpenError
from switch.ledger.settling.embedded import SqliteSettlement, beside
from switch.ledger.settling.protocol import Mark, MarkState


def test_what_was_kept_is_there_for_the_next_command(tmp_path: Path) -> None:
    path = beside(tmp_path / "ledger.sqlite")
    assert path == tmp_path / "settlement.sqlite"
    store = SqliteSettlement(path)
    store.keep_clearing(20140618, b"body", [Mark("1", 20140618, MarkState.CARRIED)])
    store.close()
    again = SqliteSettlement(path)
    assert again.clearing(20140618) == b"body"
    assert len(again.carried()) == 1
    again.close()


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    path = tmp_path / "settlement.sqlite"
    path.write_bytes(b"no database at all, but long enough to be looked at by the library")
    with pytest.raises(LedgerOpenError, match="cannot be opened"):
        SqliteSettlement(path)
