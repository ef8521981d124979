"""The books and the settlement of a folder, opened together (switch/cli).

What is cleared must be complete: where no switch runs, the tables are brought up to its log first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from switch.cli import load as on_demand
from switch.cli.books.dating import tell_business_date
from switch.cli.books.reading import is_running
from switch.cli.books.stores import on_postgres, reading
from switch.cli.outcome import stop
from switch.cli.serving.folder import loaded
from switch.cli.verbs import offset_ms
from switch.config.installation import Installation
from switch.core.moment import SHANGHAI, local
from switch.ledger.protocol import Books, LedgerFailed, LedgerOpenError
from switch.ledger.settling.embedded import SqliteSettlement, beside
from switch.ledger.settling.protocol import SettlementStore
from switch.ledger.sqlite import SqliteLedger
from switch.settlement.differences.terms import TERMS, Terms
from switch.settlement.rules import Rules, rules_of
from switch.shell.clock import wall_ns

Day = Annotated[int, typer.Option("--day", metavar="YYYYMMDD", help="The clearing day.")]
_YEARS: Final = range(2000, 2101)
_NS_PER_MS: Final = 1_000_000


class Settled(msgspec.Struct, frozen=True):
    """An installation, its books, its settlement, and how its transactions settle."""

    installation: Installation
    books: Books
    store: SettlementStore
    rules: Rules
    terms: Terms = TERMS


@contextmanager
def settled(folder: Path, *, is_told: bool = True) -> Iterator[Settled]:
    """Open both, with all that was written; status 2 where that cannot be.

    A business date `is_told`. Where no switch fills the tables, they are brought up to the log.
    """
    installation = loaded(folder)
    _catch_up(installation)
    if is_told:
        tell_business_date(installation)
    rules = rules_of(installation.configuration, installation.subsidy_fen)
    terms = _terms(folder, installation)
    if installation.ledger_url:
        with closing(on_postgres(installation.ledger_url)) as ledger:
            try:
                shared = on_demand.postgres_settlement()(ledger)
                yield Settled(installation, ledger, shared, rules, terms)
            except LedgerFailed as error:
                stop(str(error))
        return
    with reading(installation) as books:
        try:
            store = SqliteSettlement(beside(installation.ledger))
        except LedgerOpenError as error:
            stop(str(error))
        with closing(store):
            yield Settled(installation, books, store, rules, terms)


def _terms(folder: Path, installation: Installation) -> Terms:
    is_working = None
    if installation.is_by_working_days:
        is_working = on_demand.calendar_of()(folder).is_working
    return Terms(**installation.case_terms, is_working=is_working)


def _catch_up(installation: Installation) -> None:
    """Bring the tables of an embedded ledger up to its log, where no switch does."""
    if installation.ledger_url or not installation.ledger.exists() or is_running(installation):
        return
    # In use after all: then whoever uses it fills them.
    with suppress(LedgerOpenError):
        SqliteLedger(installation.ledger, fill_every_s=None).close()


def now_ms() -> int:
    """Return the time of this machine, in UTC milliseconds."""
    return wall_ns() // _NS_PER_MS


def tried_ms(here: Settled, business_date: str) -> int:
    """Return the time, or a business date where keys are those of tests; status 2 elsewhere.

    Who could say what day it is could miss no deadline.
    """
    if business_date and here.installation.fixed_keys is None:
        stop("--business-date: only where test_keys is on, for deadlines are real elsewhere")
    return now_ms() + offset_ms(business_date)


def today() -> int:
    """Return the day in Shanghai, YYYYMMDD."""
    return local(now_ms()).day


def cut_over_ms(day: int, cut_over: str) -> int:
    """Return when a clearing day ends: at its cut-over (hhmmss), or at midnight (UTC ms)."""
    hour, minute = (int(cut_over[:2]), int(cut_over[2:4])) if cut_over else (24, 0)
    begin = datetime(day // 10_000, day // 100 % 100, day % 100, tzinfo=UTC) - SHANGHAI
    return round(begin.timestamp() * 1000) + (hour * 60 + minute) * 60_000


def checked_day(day: int, option: str = "--day") -> int:
    """Return a day; status 2 where it is none."""
    try:
        found = date(day // 10_000, day // 100 % 100, day % 100)
    except ValueError:
        stop(f"{option} {day}: should be a day like 20140618")
    if found.year not in _YEARS:
        stop(f"{option} {day}: should be a day of the years {_YEARS[0]} to {_YEARS[-1]}")
    return day
