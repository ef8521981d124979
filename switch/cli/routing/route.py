"""`jinbao route` (switch/cli): why a transaction takes the line it takes, and why not the others.

Asks the configuration, not a running switch: which lines are down is said here.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec
import typer

from routing.explain import USABLE, Explanation, Line, Verdict, explain
from routing.links import Told
from switch.cli.drawing import drawn, plain, table
from switch.cli.outcome import BAD, note, say, stop
from switch.cli.routing.cards import ranges_of, whole_card
from switch.cli.serving.folder import Folder, loaded
from switch.cli.verbs import AsJson, verb_app
from switch.core.configuration import CardRange, Configuration, Issuer, Terminal
from switch.core.moment import local
from switch.shell.clock import wall_ns

app = verb_app("Routes: which line a transaction takes, and why.")

_NS_PER_MS = 1_000_000


@app.callback()
def route() -> None:
    """Routes: which line a transaction takes, and why."""


@app.command("explain")
def explain_route(
    terminal: Annotated[str, typer.Argument(metavar="TID", help="The terminal (DE 41).")],
    card: Annotated[
        str,
        typer.Argument(
            metavar="[BIN]", help="How the card number begins, 6 to 12 digits.", show_default=False
        ),
    ] = "",
    *,
    folder: Folder,
    pan_file: Annotated[
        str, typer.Option(metavar="FILE|-", help="The whole card number instead.")
    ] = "",
    day: Annotated[int, typer.Option(metavar="YYYYMMDD", help="The day; today if not given.")] = 0,
    down: Annotated[
        list[str] | None,
        typer.Option(metavar="LINK", help="Suppose that this link is down; may be repeated."),
    ] = None,
    resting: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LINK", help="Suppose that requests over this link failed; may be repeated."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say which line a transaction would take, why, and why not the others.

    Status 1 if it could take none. A whole card number comes from a file, standard input or a
    hidden prompt, never from an argument.

    \b
    Examples:
      jinbao route explain 50010001 6219991 -c city
      jinbao route explain 50010001 6219991 -c city --down issuer-jinbao
    """  # noqa: D301 - \b keeps the lines of the examples apart
    configuration = loaded(folder).configuration
    if card and pan_file:
        stop("give how the card number begins, or --pan-file, not both")
    where = configuration.terminals.get(terminal)
    if where is None:
        stop(f"there is no terminal {terminal}")
    found = _beginning(configuration, card) if card else whole_card(configuration, pan_file)
    shown, issuer = found[0], configuration.issuers[found[1].issuer]
    standing = dict.fromkeys(resting or [], "resting") | dict.fromkeys(down or [], "down")
    if unknown := sorted(standing.keys() - configuration.links.keys()):
        stop(f"there is no link {unknown[0]}; there are {', '.join(configuration.links)}")
    day = _day(day)
    way = configuration.way(where.acquirer, found[1], day)
    told = explain(way, lambda link: standing.get(link, USABLE))
    if way is not configuration.routes.way(where.acquirer, issuer.id):
        note(f"issuer {issuer.id} has no approved plan of 金保专网 for these cards (五(二))")
    if as_json:
        said = _object(configuration, where, issuer, told) | {"card": shown, "day": day}
        say(msgspec.json.encode(said).decode())
    else:
        say(_drawn(configuration, where, issuer, told))
    if not told.link:
        raise typer.Exit(BAD)


def _beginning(configuration: Configuration, card: str) -> tuple[str, CardRange]:
    """Return how a card begins, and the range of all such; status 2 where several issuers are."""
    ranges = ranges_of(configuration, card)
    if len({each.issuer for each in ranges}) > 1:
        stop(
            f"more than one issuer has cards that begin with {card}: give more digits, or the "
            "whole number by --pan-file"
        )
    return card, ranges[0]


def _day(day: int) -> int:
    """Return the day that is asked about; status 2 for one that no calendar has."""
    if not day:
        return local(wall_ns() // _NS_PER_MS).day
    try:
        date.fromisoformat(str(day))
    except ValueError:
        stop(f"{day}: a day is YYYYMMDD, one that the calendar has")
    return day


def _object(
    configuration: Configuration, where: Terminal, issuer: Issuer, told: Explanation
) -> dict[str, Any]:
    acquirer = configuration.acquirers[where.acquirer]
    return {
        "terminal": where.id,
        "acquirer": acquirer.id,
        "acquirer_group": acquirer.group,
        "registered": [each.value for each in (acquirer.access, acquirer.alternate) if each],
        "issuer": issuer.id,
        "issuer_group": issuer.group,
        "case": told.case.value,
        "why": _both(told.case_words),
        "link": told.link or None,
        "lines": [
            {
                "link": line.link,
                "class": line.link_class.value,
                "alternate": line.is_alternate,
                "verdict": line.verdict.value,
                "why": _both(line.why),
            }
            for line in told.lines
        ],
    }


def _drawn(configuration: Configuration, where: Terminal, issuer: Issuer, told: Explanation) -> str:
    acquirer = configuration.acquirers[where.acquirer]
    made = table("route", f"{where.id} to {issuer.id}")
    made.add_row(plain("acquirer"), plain(_institution(acquirer.name, acquirer.group)))
    made.add_row(plain("issuer"), plain(_institution(issuer.name, issuer.group)))
    made.add_row(plain("case"), plain(_side_by_side(told.case_words)))
    for line in told.lines:
        made.add_row(plain(line.link), plain(_told(line)))
    is_way = any(line.verdict is not Verdict.NOT_REGISTERED for line in told.lines)
    none = "none: refused with 91 无可用线路" if is_way else "none: refused with 92 无路由"
    made.add_row(plain("taken"), plain(told.link or none))
    return drawn(made)


def _institution(name: str, group: str) -> str:
    return f"{name}, group {group}" if group else f"{name}, of no group"


def _told(line: Line) -> str:
    mark = "taken" if line.verdict is Verdict.TAKEN else "not taken"
    words = f"{line.class_words.en} {line.class_words.zh}"
    return f"{mark}: {words}; {_side_by_side(line.why)}"


def _side_by_side(told: Told) -> str:
    return f"{told.en} {told.zh}"


def _both(told: Told) -> dict[str, str]:
    return {"en": told.en, "zh": told.zh}
