"""`jinbao caps` (switch/cli): what a card has withdrawn of its daily cap.

A card number comes from a file, standard input or a hidden prompt, never from an argument.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from messages.values import mask_pan
from switch.cli.books.reading import Opened, opened, row_of, tell_lag
from switch.cli.books.words import day_text, yuan
from switch.cli.drawing import drawn, plain, table
from switch.cli.outcome import say, stop
from switch.cli.security.secrets import read_secret
from switch.cli.serving.folder import Folder
from switch.cli.verbs import AsJson, verb_app
from switch.core.transfers.counters import told_day, told_place

app = verb_app("Daily caps of cards.")


@app.callback()
def _group() -> None:
    """Keep `show` a verb of its own, though it is the only one."""


@app.command()
def show(
    *,
    folder: Folder,
    pan_file: Annotated[
        str,
        typer.Option(metavar="FILE|-", help="The card number; without it a hidden prompt asks."),
    ] = "",
    rrn: Annotated[
        str, typer.Option(metavar="RRN", help="The card of this transaction instead.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Show what a card has used, and what is held, on each day.

    \b
    Examples:
      jinbao caps show -c city --rrn 432813000001
      jinbao caps show -c city --pan-file -
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if rrn and pan_file:
        stop("give --rrn or --pan-file, not both")
    with opened(folder) as books:
        shown, card = _by_rrn(books, rrn) if rrn else _by_pan(books, pan_file)
        days = [
            _day(books, day.day, day.committed_fen, day.held_fen) for day in books.books.caps(card)
        ]
        if as_json:
            say(msgspec.json.encode({"card": shown, "days": days}).decode())
            return
        made = table("Day", "Counter", "Used", "Held", "Left", "Cap", title=f"{shown}, yuan")
        for day in days:
            amounts = (
                yuan(day[name]) for name in ("used_fen", "held_fen", "left_fen", "limit_fen")
            )
            counter = f"{day['counter']} {day['acquirer']}".rstrip()
            made.add_row(plain(day_text(day["day"])), plain(counter), *map(plain, amounts))
        say(drawn(made) if days else f"{shown}: nothing withdrawn and nothing held on any day")
        tell_lag(books.installation)


def _by_rrn(books: Opened, rrn: str) -> tuple[str, bytes]:
    row = row_of(books, rrn)
    return row.record.shown_card, row.key.card


def _by_pan(books: Opened, pan_file: str) -> tuple[str, bytes]:
    pan = "".join(read_secret(pan_file, "card number").split())
    if not pan.isdecimal() or not pan.isascii():
        stop("card number: should be digits only")
    return mask_pan(pan), books.installation.configuration.vault.card_hash(pan)


def _day(books: Opened, day: int, used_fen: int, held_fen: int) -> dict[str, Any]:
    """Return a day of the card; the cap is the one that the configuration has for it now."""
    place, (day, counter) = told_place(day), told_day(day)
    acquirers = books.installation.configuration.cap_per_acquirer
    cap = books.installation.configuration.cap_on(day, counter)
    limit_fen = cap.limit_fen if cap else 0
    return {
        "day": day,
        "counter": counter,
        "acquirer": acquirers[place - 1] if 0 < place <= len(acquirers) else "",
        "used_fen": used_fen,
        "held_fen": held_fen,
        "left_fen": max(0, limit_fen - used_fen - held_fen),
        "limit_fen": limit_fen,
    }
