"""`jinbao registry can` (switch/cli): may a terminal do this, and if not, from when it may.

The registry of the folder is asked, as the switch asks its own.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

import msgspec
import typer

from messages.masking import mask_numbers
from messages.reasons import Reason
from switch.cli.outcome import BAD, say, stop
from switch.cli.routing.cards import ranges_of, whole_card
from switch.cli.serving.folder import Folder, loaded
from switch.cli.verbs import AsJson
from switch.core.configuration import Configuration, Terminal
from switch.core.moment import local
from switch.registry.snapshot import Asked, Registry, Verdict, Why
from switch.shell.clock import wall_ns
from switch.steps.admit import refusal_of

_SOCIAL, _OTHER = "social", "other"
_NS_PER_MS = 1_000_000
_DAY = re.compile(r"(?P<year>[0-9]{4})(?P<dash>-?)(?P<month>[0-9]{2})(?P=dash)(?P<day>[0-9]{2})")


def can(
    terminal: Annotated[str, typer.Argument(metavar="TID", help="The terminal (DE 41).")],
    transaction: Annotated[str, typer.Argument(metavar="KIND", help="Such as rural_withdrawal.")],
    card: Annotated[
        str,
        typer.Argument(
            metavar="[CARD]",
            help="social, other, or how the number begins, 6 to 12 digits.",
            show_default=False,
        ),
    ] = "",
    *,
    folder: Folder,
    pan_file: Annotated[
        str, typer.Option(metavar="FILE|-", help="The whole card number instead.")
    ] = "",
    on: Annotated[str, typer.Option(metavar="DAY", help="On this day; today if not given.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say whether a terminal may do this with such a card, and by which stage, day and clause.

    Status 1 if it may not. A whole card number comes from a file, standard input or a hidden
    prompt, never from an argument.

    \b
    Examples:
      jinbao registry can 50010001 rural_withdrawal social --on 2014-06-18 -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    configuration = loaded(folder).configuration
    if card and pan_file:
        stop("give CARD or --pan-file, not both")
    where = configuration.terminals.get(terminal)
    if where is None:
        stop(f"there is no terminal {mask_numbers(terminal)}")
    kept = configuration.registry
    if kept is None:
        stop(f"{folder} has no registry that decides: `jinbao registry import` brings in points")
    _transaction(configuration, transaction)
    is_social = _is_social(configuration, card, pan_file)
    day = _day(on)
    place = where.channel, where.merchant, where.acquirer
    asked = Asked(transaction, *place, is_social, day, kept.devices.get(where.id, ""))
    told = _told(where, asked, kept)
    if unspoken := _unspoken(where, transaction, configuration):
        told |= {"may": False, "reason": Reason.SERVICE_NOT_FOR_TERMINAL.value, "why": unspoken}
    if as_json:
        say(msgspec.json.encode(told).decode())
    else:
        stage = kept.matrix.stage_for(transaction, where.channel, is_social=is_social)
        say(_sentence(told, opens=stage is not None))
    if not told["may"]:
        raise typer.Exit(BAD)


def _unspoken(where: Terminal, transaction: str, configuration: Configuration) -> str:
    """Return why the only dialect that a terminal may speak does not do, empty where it does."""
    if where.only_dialect is None:
        return ""
    dialect = configuration.terminal_dialects[where.only_dialect]
    rules = [rule for rule in dialect.transactions if rule.id == transaction]
    if any(rule.refuse is None for rule in rules):
        return ""
    return f"the terminal may only speak {dialect.name}, which does not serve this"


def _told(where: Terminal, asked: Asked, kept: Registry) -> dict[str, Any]:
    verdict = kept.judge(asked)
    may = verdict.why is Why.OPEN
    named = where.transactions
    told: dict[str, Any] = {
        "terminal": where.id,
        "transaction": asked.transaction,
        "card": _SOCIAL if asked.is_social else _OTHER,
        "day": asked.day,
        "may": may,
        "stage": verdict.stage or None,
        "from": verdict.from_day,
        "clause": verdict.clause,
    }
    if named is not None and asked.transaction not in named:
        return told | {"may": False, "why": "the terminal's own `transactions` do not name it"}
    return told | ({} if may else _refusal(verdict))


def _refusal(verdict: Verdict) -> dict[str, Any]:
    decline = refusal_of(verdict)
    return {"reason": decline.reason.value, "why": _WORDS[verdict.why]}


_WORDS = {
    Why.QUALIFICATION: "the acquirer has no 助农取款 qualification",
    Why.POINT: "the merchant is no service point that takes part",
    Why.AGREEMENT: "no agreement with the service point is in force",
    Why.PILOT: "the district is no pilot",
    Why.DEVICE: "the registered device is a POS, and only a composite one serves this",
    Why.STAGE: "the stage is not open here",
    Why.CARD: "only social-security cards are taken here",
}


def _sentence(told: dict[str, Any], *, opens: bool) -> str:
    """Return the answer; `opens` says whether some stage would ever open this."""
    stage = f", stage {told['stage']}" if told["stage"] else ""
    since = f", from {told['from']}" if told["from"] else ""
    if told["may"]:
        return f"yes{stage}{since}, {told['clause']}"
    when = since or (", no day is recorded" if opens else ", no stage opens this")
    return f"no: {told['why']}{stage}{when}, {told['clause']}"


def _transaction(configuration: Configuration, name: str) -> None:
    known = {
        rule.id for dialect in configuration.terminal_dialects for rule in dialect.transactions
    }
    if name not in known:
        stop(f"there is no transaction {mask_numbers(name)}; there are {', '.join(sorted(known))}")


def _is_social(configuration: Configuration, card: str, pan_file: str) -> bool:
    if card in {_SOCIAL, _OTHER}:
        return card == _SOCIAL
    if not card:
        return whole_card(configuration, pan_file)[1].is_social
    found = {each.is_social for each in ranges_of(configuration, card)}
    if len(found) > 1:
        stop(f"of the cards that begin with {card} some are social and some not: give more digits")
    return found.pop()


def _day(text: str) -> int:
    if not text:
        return local(wall_ns() // _NS_PER_MS).day
    try:
        day = date(*(int(part) for part in _parts(text)))
    except ValueError:
        stop("--on should be a day like 2014-06-18")
    return day.year * 10_000 + day.month * 100 + day.day


def _parts(text: str) -> tuple[str, str, str]:
    """Return year, month and day of a text; ValueError where it has no such shape."""
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return found["year"], found["month"], found["day"]
