"""`jinbao report` (switch/cli): the quarterly report, inspections, placement, cost shares.

Each is a table for people, CSV, JSON, or one HTML file that needs nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from msgspec.structs import replace

from messages.values import Amount
from switch.cli.books.dating import mark_of, words_of
from switch.cli.drawing import drawn, plain, width
from switch.cli.outcome import BAD, note, say, stop
from switch.cli.reporting import documents
from switch.cli.reporting.facts import (
    bank_names,
    calendar_of,
    cards_of,
    lapsed_qualifications,
    points_of,
    state_of,
)
from switch.cli.reporting.layout import laid_out
from switch.cli.serving.folder import Folder, loaded
from switch.cli.settling.opening import Settled, settled, today
from switch.cli.verbs import verb_app
from switch.core.configuration import WITHDRAWALS, Configuration
from switch.core.transfers.counters import withdrawal_days
from switch.report.document import Document, as_csv, as_html
from switch.report.markup import Language, said
from switch.settlement.calendar import Quarter, number_of
from switch.settlement.pricing import Pricing
from switch.settlement.quarter import CardDay, Summarising, Summary
from switch.settlement.rules import rules_of
from switch.settlement.villages import (
    placements,
    plan,
    shares,
    unvisited,
    without_agreement,
)

app = verb_app("Reports to the central bank: the quarter, inspections, placement, cost shares.")


class Form(StrEnum):
    """What a report is written as."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    HTML = "html"


class Tongue(StrEnum):
    """The language of a report."""

    ENGLISH = "en"
    CHINESE = "zh"


As = Annotated[Form, typer.Option("--as", help="What it is written as.")]
In = Annotated[Tongue, typer.Option("--in", help="The language of tables and pages.")]
To = Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Write it there.")]
OfQuarter = Annotated[str, typer.Argument(metavar="QUARTER", help="Such as 2014Q3.")]
AtDay = Annotated[
    int, typer.Option("--day", metavar="YYYYMMDD", help="As recorded by then; else today.")
]
_LANGUAGE: Final[dict[Tongue, Language]] = {Tongue.ENGLISH: "en", Tongue.CHINESE: "zh"}


@app.command()
def quarter(
    which: OfQuarter, *, folder: Folder, form: As = Form.TABLE, tongue: In = Tongue.ENGLISH,
    to: To = None,
) -> None:  # fmt: skip
    """Report a quarter per issuing bank and service point, with its due date and warnings.

    \b
    Examples:
      jinbao report quarter 2014Q3 -c city
      jinbao report quarter 2014Q3 -c city --as html --in zh --to 2014Q3.html
    """  # noqa: D301 - \b keeps the lines of the examples apart
    asked = _quarter(which)
    # Books under a business date are dated by no wall clock, and say so themselves.
    if _date(0) < asked.first and mark_of(loaded(folder)) is None:
        whole_from = asked.next.first
        stop(f"{asked} has not begun: it can be had from {asked.first} on, whole from {whole_from}")
    with settled(folder) as here:
        summary, told = summarised(here, asked), _told(here, folder, asked)
        document = _quarterly(here, summary, told, _LANGUAGE[tongue])
    whole: dict[str, Any] = {
        "quarter": str(asked),
        "due": told.due,
        "is_due_known": told.is_due_known,
        "is_provisional": told.up_to is not None,
        "up_to": told.up_to or asked.last,
        "unvisited": [point.merchant for point in told.unvisited],
        "without_agreement": [point.merchant for point in told.without_agreement],
        "lapsed_qualifications": told.lapsed,
        "carried": told.carried,
        "open_cases": told.cases,
        "business_date": mark_of(here.installation),
        "summary": summary,
    }
    _write(document, form, to, lambda: whole)


@app.command("inspections")
def inspections_of(
    which: OfQuarter, *, folder: Folder, form: As = Form.TABLE, tongue: In = Tongue.ENGLISH,
    to: To = None,
) -> None:  # fmt: skip
    """Plan the visits that are still to be made in a quarter, the longest unvisited first.

    \b
    Example:
      jinbao report inspections 2014Q4 -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    asked, installation = _quarter(which), loaded(folder)
    calendar = calendar_of(folder)
    visits = plan(points_of(state_of(folder, installation), installation), asked, calendar)
    is_known = calendar.is_known(asked.year)
    document = documents.inspections(asked, visits, is_known, _LANGUAGE[tongue])
    _write(document, form, to, lambda: {"quarter": str(asked), "visits": visits})


@app.command("placement")
def placement_of(
    *, folder: Folder, day: AtDay = 0, form: As = Form.TABLE, tongue: In = Tongue.ENGLISH,
    to: To = None,
) -> None:  # fmt: skip
    """Check that the bank with most cards in a village places its terminals; status 1 if not.

    \b
    Example:
      jinbao report placement -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    installation, by = loaded(folder), _date(day)
    state = state_of(folder, installation)
    groups = rules_of(installation.configuration).groups
    found = placements(cards_of(state, by), points_of(state, installation), groups)
    names = bank_names(installation)
    document = documents.placement(found, names, by, _LANGUAGE[tongue])
    _write(document, form, to, lambda: {"day": by, "villages": found})
    if not all(each.is_right for each in found):
        raise typer.Exit(BAD)


@app.command("shares")
def shares_of(
    *, folder: Folder,
    amount: Annotated[str, typer.Option("--yuan", metavar="YUAN", help="The cost.")],
    village: Annotated[
        str, typer.Option(metavar="NAME", help="Only the cards of this village; else all.")
    ] = "",
    day: AtDay = 0, form: As = Form.TABLE, tongue: In = Tongue.ENGLISH, to: To = None,
) -> None:  # fmt: skip
    """Share a cost among the issuing banks by their cards, to the fen.

    \b
    Example:
      jinbao report shares -c city --yuan 12000.00
    """  # noqa: D301 - \b keeps the lines of the examples apart
    installation = loaded(folder)
    state = state_of(folder, installation)
    cards: dict[str, int] = {}
    for name, banks in cards_of(state, _date(day)).items():
        if village in {"", name}:
            for bank, count in banks.items():
                cards[bank] = cards.get(bank, 0) + count
    try:
        fen = Amount.parse(amount).fen
        found = shares(fen, cards)
    except ValueError as error:
        stop(f"--yuan {amount}: {error}")
    document = documents.cost_shares(found, cards, bank_names(installation), _LANGUAGE[tongue])
    _write(document, form, to, lambda: {"fen": fen, "cards": cards, "shares": found})


def report_page(here: Settled, folder: Path, asked: Quarter, summary: Summary) -> str:
    """Return a quarter's report as a page in English."""
    return as_html(_quarterly(here, summary, _told(here, folder, asked), "en"))


def _quarterly(
    here: Settled, summary: Summary, told: documents.Told, language: Language
) -> Document:
    dialect = here.installation.configuration.terminal_dialect
    document = documents.quarterly(summary, told, here.rules, dialect, language)
    if (mark := mark_of(here.installation)) is None:
        return document
    words = words_of(mark)
    said = words.zh if language == "zh" else words.en
    return replace(document, warnings=(said, *document.warnings))


def summarised(here: Settled, asked: Quarter) -> Summary:
    """Return the sums of a quarter, streamed from the books."""
    first, last = number_of(asked.first), number_of(asked.last)
    full = _used_up(here, first, last)
    pricing = Pricing(here.installation.configuration, here.rules)
    summing = Summarising((first, last), here.rules, full, pricing)
    summing.take(here.books.rows(first, last))
    return summing.take_refusals(here.books.refusals(first, last))


def _used_up(here: Settled, first: int, last: int) -> set[CardDay]:
    """Return the card-days on which a cap was used up whole, each under the cap of its time."""
    configuration: Configuration = here.installation.configuration
    caps = [
        cap for cap in configuration.caps if cap.from_day <= last and cap.counter == WITHDRAWALS
    ]
    found: set[CardDay] = set()
    for at, cap in enumerate(caps):
        begin = max(first, cap.from_day)
        end = min(last, caps[at + 1].from_day - 1) if at + 1 < len(caps) else last
        if begin <= end:
            counts = len(configuration.cap_per_acquirer)
            days = zip(withdrawal_days(begin, counts), withdrawal_days(end, counts), strict=True)
            for since, until in days:
                found.update(here.books.full_days(since, until, cap.limit_fen))
    return found


def _told(here: Settled, folder: Path, asked: Quarter) -> documents.Told:
    state, calendar = state_of(folder, here.installation), calendar_of(folder)
    points = points_of(state, here.installation)
    due, now = calendar.due(asked), _date(0)
    is_over = now > asked.last or mark_of(here.installation) is not None
    return documents.Told(
        quarter=asked,
        due=due,
        is_due_known=calendar.is_known(due.year),
        points=points,
        unvisited=unvisited(points, asked),
        without_agreement=without_agreement(points, asked.last),
        lapsed=lapsed_qualifications(state, asked.last),
        names=bank_names(here.installation),
        carried=len(here.store.carried()),
        cases=len(here.store.cases(is_open=True)),
        up_to=None if is_over else now,
    )


def _quarter(text: str) -> Quarter:
    try:
        return Quarter.parse(text)
    except ValueError as error:
        stop(str(error))


def _date(day: int) -> date:
    number = day or today()
    try:
        return date(number // 10_000, number // 100 % 100, number % 100)
    except ValueError:
        stop(f"--day {day}: should be a day like 20140618")


def _write(document: Document, form: Form, to: Path | None, whole: Callable[[], Any]) -> None:
    if form is Form.JSON:
        text = msgspec.json.encode(whole()).decode()
    elif form is Form.HTML:
        text = as_html(document)
    elif form is Form.CSV:
        text = as_csv(document).rstrip("\r\n")
    else:
        text = _drawn(document)
    if to is None:
        say(text)
        return
    try:
        to.write_text(text + "\n", "utf-8")
    except OSError as error:
        stop(f"{to}: {error.strerror}")
    note(f"written to {to}")


def _drawn(document: Document) -> str:
    parts: list[Any] = [
        plain(document.title, "bold"),
        plain(f"{document.subtitle}; {document.verdict}"),
    ]
    parts += [plain(f"  {tile.name}: {tile.value} {tile.note}") for tile in document.figures]
    parts += [plain(f"! {warning}", "yellow") for warning in document.warnings]
    again = said(document.language, "(continued)", "（续）")
    for grid in document.grids:
        for made in laid_out(grid, width(), again):
            parts += [plain(""), made]
        if not grid.rows:
            parts += [plain(""), plain(grid.heading, "bold")]
        if not grid.rows and not grid.notes:
            parts.append(plain("  " + said(document.language, "none", "无")))
        parts += [plain(f"  {note}") for note in grid.notes]
    return drawn(*parts)
