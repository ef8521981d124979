"""`jinbao saf` (switch/cli): reversals and advices on their way, and those that need a person.

SAF is store-and-forward: each is sent until the issuer acknowledges it, or it expires.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
import typer

from switch.cli.books.deciding import asked_of_switch, resolved
from switch.cli.books.reading import Rrn, opened, row_of, tell_lag
from switch.cli.books.settling import RESOLVE, RETRY, VERDICTS, resolve, retry
from switch.cli.books.stores import writing
from switch.cli.books.telling import shown
from switch.cli.books.words import STATES, both, is_by_hand, moment_text, yuan
from switch.cli.drawing import drawn, plain, table
from switch.cli.outcome import BAD, note, say, stop
from switch.cli.serving.folder import Folder, loaded
from switch.cli.verbs import AsJson, verb_app
from switch.core.operations import (
    Advice,
    Row,
)
from switch.core.transaction import State
from switch.ledger.protocol import Where
from switch.shell.clock import wall_ns

app = verb_app("Reversals: those on their way to an issuer, and those that need a person.")
_MOST_CASES: Final = 10_000
_NS_PER_MS: Final = 1_000_000


@app.command("list")
def list_reversals(
    *,
    folder: Folder,
    everything: Annotated[
        bool, typer.Option("--all", help="Also the cases that a person has kept.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List queued reversals and advices, and manual cases.

    \b
    Example:
      jinbao saf list -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with opened(folder) as books:
        queued = books.books.advices()
        cases = [
            row
            for state in (State.REVERSAL_EXPIRED, State.ADVICE_EXPIRED)
            for row in books.books.transactions(_MOST_CASES, Where(state=state))
        ]
        cases = [row for row in cases if everything or not is_by_hand(row)]
        told = [_told(each.row, each) for each in queued] + [_told(row, None) for row in cases]
        if as_json:
            for each in told:
                say(msgspec.json.encode(each).decode())
        elif told:
            made = table("RRN", "Card", "Yuan", "Tries", "Next", "State")
            for each in told:
                amount = yuan(each["amount_fen"])
                tries = "" if each["tries"] is None else str(each["tries"])
                cells = (each["rrn"], each["card"], amount, tries, each["due"], each["state"])
                made.add_row(*map(plain, cells))
            say(drawn(made))
        else:
            say("nothing is queued, and nothing needs a person")
        tell_lag(books.installation)


@app.command()
def show(rrn: Rrn, *, folder: Folder, as_json: AsJson = False) -> None:
    """Show a transaction that is reversed or advised; status 1 if it never was.

    \b
    Example:
      jinbao saf show 432813000001 -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with opened(folder) as books:
        row = row_of(books, rrn)
        if row.plan is None:
            stop(f"{rrn} was neither reversed nor advised: it is {row.state.name}", BAD)
        say(shown(row, books, as_json=as_json))


@app.command("retry")
def retry_reversal(rrn: Rrn, *, folder: Folder, as_json: AsJson = False) -> None:
    """Have a queued reversal or advice sent now instead of at its next time.

    \b
    Example:
      jinbao saf retry 432813000001 -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    installation = loaded(folder)
    answer = asked_of_switch(installation, {"verb": RETRY, "rrn": rrn})
    if answer is None:
        with writing(installation) as store:
            answer = retry(store, rrn, wall_ns() // _NS_PER_MS)
        if not installation.ledger_url:
            note("no switch is running: it is sent when one starts")
    _say_outcome(answer, "it is due now", as_json=as_json)


@app.command("resolve")
def resolve_reversal(
    rrn: Rrn,
    *,
    folder: Folder,
    verdict: Annotated[str, typer.Option("--as", metavar="|".join(VERDICTS), help="How it ended.")],
    why: Annotated[str, typer.Option(metavar="TEXT", help="Who says so, and on what ground.")],
    as_json: AsJson = False,
) -> None:
    """Say how a reversal or advice ended, after a word with the issuer.

    `reversed`: the money is back on the account, and the hold is released. `kept`: the transaction
    stands, and so does its hold. Of an advised refund or completion, `booked`: the issuer has it.
    `refused`: it never will, and what it took of its original is given back. None sends anything
    any more.

    \b
    Example:
      jinbao saf resolve 432813000001 -c city --as reversed --why "bank confirmed by phone"
    """  # noqa: D301 - \b keeps the lines of the examples apart
    request = {"verb": RESOLVE, "rrn": rrn, "as": verdict, "why": why}
    answer = resolved(folder, request, VERDICTS, resolve)
    words = both(STATES[State[answer["state"]]])
    _say_outcome(answer, f"{answer['state']}, {words}", as_json=as_json)


def _say_outcome(answer: Mapping[str, Any], words: str, *, as_json: bool) -> None:
    if as_json:
        say(msgspec.json.encode({name: answer[name] for name in ("rrn", "state")}).decode())
    else:
        say(f"{answer['rrn']}: {words}")


def _told(row: Row, queued: Advice | None) -> dict[str, Any]:
    """Return a reversal in short; without `queued` it is a manual case."""
    return {
        "rrn": row.record.rrn,
        "terminal": row.key.terminal,
        "card": row.record.shown_card,
        "amount_fen": row.record.amount_fen,
        "state": row.state.name,
        "reason": row.reason,
        "tries": queued.tries if queued else None,
        "due": moment_text(queued.due_ms) if queued else "",
    }
