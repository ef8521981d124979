"""What a quarter costs: `make bench-settlement`, a million transactions on SQLite and PostgreSQL.

Rows are written straight into the tables; then processes of their own clear every day of the
quarter with all files, and make the quarterly report as one page. Each is timed, and its peak
memory must stay under 512 MiB. The last line is `RESULT key=value ...`.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from msgspec.structs import replace

from bench.database import running, why_not
from bench.settlement.making import ACQUIRERS, ISSUERS, POINTS, make_embedded, make_shared
from messages.dialects.loader import load_dialect
from simulators.installation import Size, configuration
from switch.cli.reporting.documents import Told, quarterly
from switch.cli.settling.writing import DayFolder
from switch.core.configuration import Configuration
from switch.ledger.embedded.books import SqliteBooks
from switch.ledger.postgres import PostgresLedger
from switch.ledger.protocol import Books
from switch.ledger.settling.embedded import SqliteSettlement, beside
from switch.ledger.settling.on_postgres import PostgresSettlement
from switch.ledger.settling.protocol import SettlementStore
from switch.report.document import as_html
from switch.settlement import running as clearing
from switch.settlement.calendar import Calendar, Quarter
from switch.settlement.pricing import Pricing
from switch.settlement.quarter import Summarising
from switch.settlement.rules import Rules, rules_of

MOST_MIB: Final = 512
_QUARTER: Final = Quarter(2014, 3)
_FIRST_DAY, _LAST_DAY = 20140701, 20140930


def _rules() -> Rules:
    found = rules_of(configuration(), subsidy_fen=30)
    return Rules(kinds=found.kinds, groups={ISSUERS[0]: "one", ACQUIRERS[0]: "one"}, subsidy_fen=30)


def _installation() -> Configuration:
    """Return what prices the rows: every terminal and every bank's cards are known."""
    made = configuration(Size(issuers=len(ISSUERS), lines=1))
    (any_terminal, *_), (any_issuer, *_) = made.terminals.values(), made.issuers.values()
    terminals = {}
    for point in range(POINTS):
        own = {"id": f"{50_010_000 + point}", "merchant": f"999653080{110_000 + point}"}
        acquirer = ACQUIRERS[point % len(ACQUIRERS)]
        terminals[own["id"]] = replace(any_terminal, acquirer=acquirer, **own)
    ranges = tuple(
        replace(made.card_ranges[-1], prefix=f"621999{n}", issuer=bank)
        for n, bank in enumerate(ISSUERS)
    )
    issuers = {bank: replace(any_issuer, id=bank) for bank in ISSUERS}
    return replace(made, terminals=terminals, card_ranges=ranges, issuers=issuers)


@contextmanager
def _opened(where: str) -> Iterator[tuple[Books, SettlementStore]]:
    if where.startswith("postgresql:"):
        with closing(PostgresLedger(where)) as ledger:
            yield ledger, PostgresSettlement(ledger)
    else:
        path = Path(where)
        with closing(SqliteBooks(path)) as books, closing(SqliteSettlement(beside(path))) as store:
            yield books, store


def _clear(where: str, files: Path) -> dict[str, Any]:
    """Clear every day of the quarter with all its files."""
    rules, count, slowest = _rules(), 0, 0.0
    with _opened(where) as (books, store):
        for day in clearing.days_to_clear(books, store, _LAST_DAY):
            begin = perf_counter()
            folder = DayFolder(files, day, rules)
            made, clearer = clearing.clear(books, store, rules, day, folder.take)
            made.files = folder.finish(made)
            clearing.keep(store, made, clearer)
            folder.put()
            count += made.count
            slowest = max(slowest, perf_counter() - begin)
    return {"count": count, "slowest_day_s": round(slowest, 2)}


def _report(where: str, files: Path) -> dict[str, Any]:
    """Make the quarterly report as one page."""
    rules = _rules()
    with _opened(where) as (books, _):
        full = books.full_days(_FIRST_DAY, _LAST_DAY, 190_000)
        pricing = Pricing(_installation(), rules)
        summing = Summarising((_FIRST_DAY, _LAST_DAY), rules, full, pricing)
        summing.take(books.rows(_FIRST_DAY, _LAST_DAY))
        summary = summing.take_refusals(books.refusals(_FIRST_DAY, _LAST_DAY))
    told = Told(
        quarter=_QUARTER, due=Calendar().due(_QUARTER), is_due_known=True, points=[], unvisited=[],
        without_agreement=[], lapsed=[], names={}, carried=0, cases=0,
    )  # fmt: skip
    page = as_html(quarterly(summary, told, rules, load_dialect("pos"), "en"))
    (files / "quarter.html").write_text(page, "utf-8")
    return {"count": summary.whole.requests, "page_mib": round(len(page) / 2**20, 1)}


_PARTS: Final = {"clear": _clear, "report": _report}


def _part(name: str, where: str, files: str) -> None:
    """Do one part in this process, and say what it took."""
    begin = perf_counter()
    told = _PARTS[name](where, Path(files))
    told["s"] = round(perf_counter() - begin, 2)
    told["mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(told))


def _measured(name: str, where: str, files: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.settlement", "--part", name, where, str(files)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _engine(name: str, where: str, folder: Path) -> dict[str, Any]:
    """Measure all parts on one engine."""
    result: dict[str, Any] = {}
    for part in _PARTS:
        files = folder / f"{name}-{part}"
        files.mkdir()
        told = _measured(part, where, files)
        print(f"{name:10} {part:7} {told}", flush=True)
        result |= {f"{name}_{part}_s": told["s"], f"{name}_{part}_mib": told["mib"]}
        if part == "clear":
            result[f"{name}_slowest_day_s"] = told["slowest_day_s"]
    return result


def main() -> int:
    """Measure both engines; 1 where one took more memory than it may."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"])
    parser.add_argument("--part", nargs=3, metavar=("PART", "LEDGER", "FILES"))
    asked = parser.parse_args()
    if asked.part:
        _part(*asked.part)
        return 0
    result: dict[str, Any] = {"count": asked.count}
    with tempfile.TemporaryDirectory(prefix="settlement-") as temporary:
        folder = Path(temporary)
        if asked.engine in {None, "sqlite"}:
            path = folder / "ledger.sqlite"
            make_embedded(path, asked.count)
            result |= _engine("sqlite", str(path), folder)
            path.unlink()
        if asked.engine in {None, "postgresql"}:
            if reason := why_not():
                print(reason)
            else:
                with running(is_durable=False) as server:
                    url = server.create()
                    make_shared(url, asked.count)
                    result |= _engine("postgresql", url, folder)
    most = max(value for name, value in result.items() if name.endswith("_mib"))
    result |= {"most_mib": most, "is_good": most <= MOST_MIB}
    print("RESULT", *(f"{name}={value}" for name, value in result.items()))
    return int(most > MOST_MIB)


if __name__ == "__main__":
    sys.exit(main())
