"""A folder whose ledger holds a bill that its host would not cancel, and no switch that runs."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from switch.config.installation import load
from switch.core.social.bill import BillState
from switch.core.transaction import State
from switch.ledger.sqlite import SqliteLedger
from tests.switch.config import folders
from tests.switch.ledger import making

OPEN: Final = making.rrn(1)
PAID: Final = making.rrn(2)
"""RRNs: of a bill that needs a person, and of one that is confirmed."""


@pytest.fixture
def billed(tmp_path: Path) -> Path:
    """Return an installation with two payments of bills; the host refused to cancel the first."""
    made = folders.make(tmp_path / "city")
    found = load(made)
    found.ledger.parent.mkdir()
    with closing(SqliteLedger(found.ledger, fill_every_s=None)) as ledger:
        ledger.submit(
            [
                making.billing(1, 1),
                making.billing(2, 2),
                making.closing(3, 1, State.DECLINED),
                making.closing(4, 2),
                making.answering(5, 1, BillState.PERSON, "22"),
                making.answering(6, 2),
            ]
        )
    return made
