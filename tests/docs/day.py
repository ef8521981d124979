"""The day that docs/how-to/end-a-day.md is about, as its switch and its bank left it behind.

Three withdrawals; the terminal settled without the slip of the last one, and the bank has the
second one twice in its statement.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from switch.config.installation import load
from switch.core.batches.values import Detail
from switch.core.operations import Operation, SignOn
from switch.ledger.sqlite import SqliteLedger
from tests.switch.config import folders
from tests.switch.ledger import making

PAGE: Final = "end-a-day.md"
_KIND: Final = "rural_withdrawal"
_FEN: Final = (50_000, 30_000, 20_000)


def leave(desk: Path) -> None:
    """Leave the folder `city` and the statement `bank.csv` on a desk."""
    city = folders.make(desk / "city")
    path = load(city).ledger
    path.parent.mkdir()
    with closing(SqliteLedger(path, fill_every_s=None)) as ledger:
        ledger.submit(_operations())
    rrns = [making.rrn(stan) for stan in (1, 2, 2, 3)]
    fen = (_FEN[0], _FEN[1], _FEN[1], _FEN[2])
    lines = [f"{rrn},{each}" for rrn, each in zip(rrns, fen, strict=True)]
    (desk / "bank.csv").write_text("\n".join(["rrn,fen", *lines, ""]), "utf-8")


def _operations() -> list[Operation]:
    done: list[Operation] = [making.enlisting()]
    for stan, fen in enumerate(_FEN, 1):
        opened = making.opening(2 * stan, stan, fen)
        done.append(replace(opened, record=replace(opened.record, kind=_KIND)))
        done.append(making.closing(2 * stan + 1, stan))
    settling = making.settling(20, sum(_FEN[:2]), 2)
    details = tuple(Detail("201", f"{stan:06d}", fen) for stan, fen in enumerate(_FEN[:2], 1))
    return [
        *done,
        SignOn(making.attempt(19), "50010001", b"keys"),
        replace(settling, counting=replace(making.COUNTING, debits=(_KIND,))),
        replace(making.uploading(21), details=details),
        making.ending(22, 2),
    ]
