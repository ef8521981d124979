"""The ledger of a folder, opened for reading (switch/cli), whether its switch runs or not.

What is shown is what the tables have: up to a second old while a switch writes. Nothing is asked
of the switch itself, so that reading costs it nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from switch.cli.books.dating import tell_business_date
from switch.cli.books.stores import reading
from switch.cli.outcome import BAD, note, stop
from switch.cli.serving.folder import loaded
from switch.config.installation import Installation
from switch.core.operations import (
    Row,
)
from switch.ledger.protocol import Books, Where
from switch.shell.watching.control import ask

Rrn = Annotated[str, typer.Argument(metavar="RRN", help="The reference number (DE 37).")]
LAG: Final = "what happened within the last second or two may not be in the books yet"


class Opened(msgspec.Struct, frozen=True):
    """An installation and its books."""

    installation: Installation
    books: Books


@contextmanager
def opened(folder: Path) -> Iterator[Opened]:
    """Open the books of a folder; status 2 where it has none. A business date is told."""
    installation = loaded(folder)
    tell_business_date(installation)
    with reading(installation) as books:
        yield Opened(installation, books)


def is_running(installation: Installation) -> bool:
    """Tell whether a switch answers on the control socket of the folder."""
    try:
        return bool(ask(installation.control, {"verb": "status"}).get("ok"))
    except (OSError, ValueError):
        return False


def tell_lag(installation: Installation) -> None:
    """Say on standard error how old what is shown may be."""
    if installation.ledger_url:
        return
    if is_running(installation):
        note(f"a switch is running: {LAG}")
    else:
        note("no switch is running: if it was killed, its last second comes with the next start")


def row_of(opened_books: Opened, rrn: str) -> Row:
    """Return the transaction with an RRN; status 1 where there is none."""
    rows = opened_books.books.transactions(1, Where(rrn=rrn)) if rrn else []
    if not rows:
        stop(f"no transaction with RRN {rrn!r}; {LAG}", BAD)
    return rows[0]
