"""`jinbao bills` (switch/cli): bills of a host of services that need a person.

Nothing was debited for such a bill, or it was given back, and the host says no; or nobody knows
what became of its debit. A person has a word with the host, and says here how it ended.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

import msgspec
import typer

from switch.cli.books.bills import BILLS
from switch.cli.books.deciding import resolved
from switch.cli.books.reading import Rrn, opened, tell_lag
from switch.cli.books.words import both, is_said_by_hand, yuan
from switch.cli.drawing import drawn, plain, table
from switch.cli.outcome import say, stop
from switch.cli.serving.folder import Folder
from switch.cli.social.deciding import DECIDE, VERDICTS, decide
from switch.cli.verbs import AsJson, verb_app
from switch.core.operations import Row
from switch.core.social.bill import Bill, BillState, is_left

app = verb_app("Bills that need a person, who says how they ended.")
_LAST_DAY: Final = 9999_12_31


@app.command("list")
def list_bills(
    *,
    folder: Folder,
    since: Annotated[
        str, typer.Option("--since", metavar="YYYYMMDD", help="Only from this day on.")
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that a person has kept.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List bills that need a person, the oldest first. All of the ledger is read, or since a day.

    \b
    Example:
      jinbao bills list -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from_day = _day(since)
    with opened(folder) as books:
        told = [
            _told(row, row.bill)
            for row in books.books.rows(from_day, _LAST_DAY)
            if row.bill is not None
            if row.bill.state is BillState.PERSON or is_left(row.state, row.bill)
            if everything or not is_said_by_hand(row.bill.told)
        ]
        if as_json:
            for each in told:
                say(msgspec.json.encode(each).decode())
        elif told:
            made = table("RRN", "Bill", "Card", "Yuan", "Debit", "Host said")
            for each in told:
                cells = (each["rrn"], each["bill"], each["card"], yuan(each["amount_fen"]))
                made.add_row(*map(plain, (*cells, each["debit"], each["told"])))
            say(drawn(made))
        else:
            say("no bill needs a person")
        tell_lag(books.installation)


@app.command("resolve")
def resolve_bill(
    rrn: Rrn,
    *,
    folder: Folder,
    verdict: Annotated[str, typer.Option("--as", metavar="|".join(VERDICTS), help="How it ended.")],
    why: Annotated[str, typer.Option(metavar="TEXT", help="Who says so, and on what ground.")],
    as_json: AsJson = False,
) -> None:
    """Say how a bill ended that needs a person, after a word with the host.

    `cancelled`: the host has let go of it, and it can be paid again. `kept`: the host keeps it as
    it is, and settles it with the person. `confirmed`: the host booked it as paid, and its debit,
    whose reversal no issuer acknowledged, is kept next (`jinbao saf resolve`). Nothing is sent.

    \b
    Example:
      jinbao bills resolve 432813000001 -c city --as cancelled --why "host desk, ticket 17"
    """  # noqa: D301 - \b keeps the lines of the examples apart
    request = {"verb": DECIDE, "rrn": rrn, "as": verdict, "why": why}
    answer = resolved(folder, request, VERDICTS, decide)
    if as_json:
        say(msgspec.json.encode({name: answer[name] for name in ("rrn", "bill", "state")}).decode())
    else:
        words = both(BILLS[BillState[answer["state"]]])
        say(f"{answer['rrn']}: bill {answer['bill']} {answer['state']}, {words}")


def _day(text: str) -> int:
    if not text:
        return 0
    try:
        return int(date.fromisoformat(text).strftime("%Y%m%d"))
    except ValueError:
        stop(f"--since {text!r} is no day YYYYMMDD")


def _told(row: Row, bill: Bill) -> dict[str, Any]:
    record = row.record
    return {
        "rrn": record.rrn,
        "bill": bill.number,
        "service": bill.service,
        "terminal": row.key.terminal,
        "card": record.shown_card,
        "amount_fen": record.amount_fen,
        "debit": row.state.name,
        "told": bill.told,
    }
