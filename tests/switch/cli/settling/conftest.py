"""The folder of the books, with a batch that its terminal settled one slip short."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from switch.config.installation import load
from switch.core.operations import SignOn
from switch.ledger.sqlite import SqliteLedger
from tests.switch.cli.books.conftest import filled, folder
from tests.switch.ledger import making

__all__ = ["filled", "folder"]


@pytest.fixture
def city(folder: Path) -> Path:
    """Return a folder with a day: a withdrawal of 100 yuan, and a terminal without it."""
    path = load(folder).ledger
    with closing(SqliteLedger(path, fill_every_s=None)) as ledger:
        settling = making.settling(30, 0, 0)
        counting = replace(making.COUNTING, debits=("rural_withdrawal",))
        ledger.submit(
            [
                SignOn(making.attempt(29), "50010001", b"keys"),
                replace(settling, counting=counting),
                making.ending(31, 0),
            ]
        )
    return folder
