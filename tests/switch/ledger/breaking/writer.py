"""A process that is killed: it opens and closes withdrawals, and says what it was promised."""

from __future__ import annotations

import sys
from pathlib import Path

from switch.core.operations import (
    Enlist,
)
from switch.core.outcomes import (
    Closed,
    Enlisted,
    Opened,
)
from switch.core.transaction import State
from switch.ledger.sqlite import SqliteLedger
from tests.switch.ledger.making import LATER_MS, closing, opening


def main(path: Path, first: int) -> None:
    """Write until the end; each line names a STAN, and what was made durable of it."""
    ledger = SqliteLedger(path, fill_every_s=0.005)
    (mine,) = ledger.submit([Enlist(1, b"%d" % first, 0, LATER_MS)])
    if not isinstance(mine, Enlisted):
        raise SystemExit(f"not enlisted: {mine}")
    ours, stan = mine.incarnation, first
    while True:
        outcomes = ledger.submit(
            [opening(2 * stan, stan, 10, day=stan, incarnation=ours)]
            + [closing(2 * stan - 1, stan - 1, incarnation=ours)] * (stan > first)
        )
        words = [f"opened {stan}"] * isinstance(outcomes[0], Opened)
        words += [f"closed {stan - 1}"] * any(_is_approved(o) for o in outcomes)
        sys.stdout.write("".join(f"{word}\n" for word in words))
        sys.stdout.flush()
        stan += 1


def _is_approved(outcome: object) -> bool:
    return isinstance(outcome, Closed) and outcome.row.state is State.APPROVED


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
