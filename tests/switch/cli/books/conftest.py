"""A folder whose ledger holds one transaction of each sort, and no switch that runs."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from switch.config.installation import load
from switch.core.operations import Open, Operation
from switch.core.transaction import State
from switch.ledger.sqlite import SqliteLedger
from tests.switch.config import folders
from tests.switch.ledger import making

PAN: Final = "6219991234567890120"
APPROVED, DECLINED, UNSENT, IN_DOUBT, REVERSED, EXPIRED, FORWARDED = (
    f"41690000000{number}" for number in range(1, 8)
)
"""The RRN of each transaction; each withdrew, or tried to, 100 yuan."""
_AMOUNT_FEN: Final = 10_000
_DUE_MS: Final = 1_403_055_400_000


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an installation whose ledger holds one transaction of each sort; never touch it."""
    made = folders.make(tmp_path_factory.mktemp("filled") / "city")
    found = load(made)
    card = found.configuration.vault.card_hash(PAN)
    found.ledger.parent.mkdir()
    with closing(SqliteLedger(found.ledger, fill_every_s=None)) as ledger:
        ledger.submit(_operations(card))
    return made


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> Path:
    """Return a copy of the installation for one test."""
    return folders.copy(filled, tmp_path / "city")


def _operations(card: bytes) -> list[Operation]:
    names = (APPROVED, DECLINED, UNSENT, IN_DOUBT, REVERSED, EXPIRED, FORWARDED)
    begun = [_opening(card, stan, rrn) for stan, rrn in enumerate(names, start=1)]
    ends = [
        making.closing(11, 1),
        replace(making.closing(12, 2, State.DECLINED), reason="51", answer=making.answer("51")),
        making.closing(13, 3, State.UNSENT),
        *[
            replace(
                making.closing(10 + stan, stan, State.IN_DOUBT),
                plan=replace(making.plan(_DUE_MS), expires_ms=_DUE_MS + 1),
            )
            for stan in (4, 5, 6)
        ],
    ]
    reversed_ = making.acknowledging(21, 5)
    expired = replace(making.acknowledging(22, 6, State.REVERSAL_EXPIRED), reason="expired")
    return [
        *begun,
        *[replace(each, key=replace(each.key, card=card)) for each in ends],
        *[replace(each, key=replace(each.key, card=card)) for each in (reversed_, expired)],
    ]


def _opening(card: bytes, stan: int, rrn: str) -> Open:
    """Return an Open on the worked card, as the folder's vault names it."""
    made = making.opening(stan, stan, _AMOUNT_FEN)
    record = replace(
        made.record, rrn=rrn, kind="rural_withdrawal", link="issuer", trace=bytes((1, 19, 20))
    )
    return replace(made, key=replace(made.key, card=card), record=record)
