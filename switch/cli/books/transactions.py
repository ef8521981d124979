"""`jinbao txn` (switch/cli): the transactions of a ledger, and what happened to each.

A request that was refused before it reached the ledger is in the switch's log only.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from switch.cli.books.reading import Rrn, opened, row_of, tell_lag
from switch.cli.books.telling import brief, shown
from switch.cli.books.words import moment_text, yuan
from switch.cli.drawing import drawn, plain, table
from switch.cli.outcome import say, stop
from switch.cli.serving.folder import Folder
from switch.cli.verbs import AsJson, verb_app
from switch.core.operations import (
    Row,
)
from switch.core.transaction import State
from switch.ledger.protocol import NEWEST, Where

app = verb_app("The transactions of a ledger: list them, or show what happened to one.")


@app.command("list")
def list_transactions(
    *,
    folder: Folder,
    terminal: Annotated[str, typer.Option(metavar="TID", help="Only of this terminal.")] = "",
    day: Annotated[int, typer.Option(metavar="YYYYMMDD", help="Only of this day.")] = 0,
    state: Annotated[
        str, typer.Option(metavar="STATE", help="Only in this state, such as approved.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = NEWEST,
    as_json: AsJson = False,
) -> None:
    """List transactions, the newest first.

    \b
    Examples:
      jinbao txn list -c city
      jinbao txn list -c city --state in_doubt
    """  # noqa: D301 - \b keeps the lines of the examples apart
    where = Where(terminal=terminal, day=day, state=_state(state))
    with opened(folder) as books:
        rows = books.books.transactions(limit, where)
        if as_json:
            for row in rows:
                say(msgspec.json.encode(brief(row, books)).decode())
        else:
            say(_drawn(rows) if rows else "no such transaction")
        tell_lag(books.installation)


@app.command()
def show(rrn: Rrn, *, folder: Folder, as_json: AsJson = False) -> None:
    """Show what happened to a transaction: rules, route, cap, answer, reversal.

    \b
    Example:
      jinbao txn show 432813000001 -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with opened(folder) as books:
        say(shown(row_of(books, rrn), books, as_json=as_json))


def _drawn(rows: list[Row]) -> str:
    made = table("RRN", "At", "Terminal", "Card", "Yuan", "Code", "State")
    for row in rows:
        record = row.record
        cells = (
            record.rrn or "-",
            moment_text(record.opened_ms),
            row.key.terminal,
            record.shown_card,
            yuan(record.amount_fen),
            row.answer.code if row.answer else "",
            row.state.name,
        )
        made.add_row(*map(plain, cells))
    # Where it is narrow, the time and the state fold, never a number.
    made.padding = 0
    for column in made.columns[2:-1]:
        column.no_wrap = True
    return drawn(made)


def _state(name: str) -> State | None:
    if not name:
        return None
    try:
        return State[name.upper().replace("-", "_")]
    except KeyError:
        stop(f"no state {name!r}; there are {', '.join(each.name.lower() for each in State)}")
