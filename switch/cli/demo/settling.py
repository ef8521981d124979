"""The demo's days are settled (switch/cli): batches, a clearing, three books, the quarterly report.

Everything here is what `jinbao clear` and `jinbao report` do in a folder of one's own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from messages.dialects.dialect import Words
from simulators.installation import issuer_identity
from switch.cli.books.words import yuan
from switch.cli.demo import city
from switch.cli.demo.audit import Check
from switch.cli.demo.play import Stage
from switch.cli.reporting.report import report_page, summarised
from switch.cli.settling.clear import found_on, line_of
from switch.cli.settling.opening import settled
from switch.cli.settling.statements import statements_of
from switch.cli.settling.writing import DayFolder
from switch.core.moment import local
from switch.settlement import running
from switch.settlement.calendar import Quarter
from switch.settlement.clearing import Clearing

_BALANCED: Final = "11"


class Settled(msgspec.Struct, frozen=True):
    """What came of it: the checks, a line for each day, and the quarterly report's page."""

    checks: list[Check]
    days: list[str]
    page: str


def batches(stage: Stage) -> list[str]:
    """Have every terminal settle its batch; return the results of domestic and foreign cards."""
    codes = []
    for terminal in stage.terminals:
        results = terminal.do(do="settlement")
        found = [each["code"] for each in results if each["kind"] == "settlement"]
        codes.append(found[-1] if found else "--")
    return codes


def settle(stage: Stage, codes: list[str]) -> Settled:
    """Clear and reconcile the days once everything has ended, and report their quarter."""
    with settled(stage.city, is_told=False) as here:
        first, last = here.books.first_day(), stage.day
        rows = list(here.books.rows(first, running.day_after(last, 2)))
        last = max(row.record.clearing_day for row in rows)
        cleared: list[Clearing] = []
        for day in running.days_to_clear(here.books, here.store, last):
            files = DayFolder(None, day, here.rules)
            made, clearer = running.clear(here.books, here.store, here.rules, day, files.take)
            made.files = files.finish(made)
            running.keep(here.store, made, clearer)
            if made.count:
                cleared.append(made)
        given = [
            f"{issuer_identity(number).id}={bank.books}" for number, bank in enumerate(stage.banks)
        ]
        differences = 0
        for made in cleared:
            issuers = here.installation.configuration.issuers
            statements = statements_of(given, made.day, "", issuers)
            found = found_on(here, made.day, statements)
            differences += len(found.cases) + len(found.waiting)
        begin = local(rows[0].record.opened_ms).day
        quarter = Quarter(begin // 10_000, (begin // 100 % 100 + 2) // 3)
        page = report_page(here, stage.city, quarter, summarised(here, quarter))
    return Settled(_checks(codes, cleared, differences), [line_of(each) for each in cleared], page)


def _checks(codes: list[str], cleared: list[Clearing], differences: int) -> list[Check]:
    sums = [sum(made.positions.values()) for made in cleared]
    turnover = sum(fen for made in cleared for fen in made.interbank.values() if fen > 0)
    count = sum(made.count for made in cleared)
    return [
        Check(
            Words(
                "both terminals settle, and their totals are those of the switch",
                "两台终端批结算，总额与转接一致",
            ),
            bool(codes) and all(code == _BALANCED for code in codes),
            f"results of domestic and foreign cards {' and '.join(codes)}; 1 is balanced 平",
        ),
        Check(
            Words(
                "points, banks, cardholders and network sum to zero, day by day",
                "服务点、银行、持卡人与转接逐日合计为零",
            ),
            bool(cleared) and not any(sums),
            f"{count} transactions on {len(cleared)} days, {yuan(turnover)} between banks",
        ),
        Check(
            Words(
                "terminals, ledger and banks reconcile without a difference",
                "终端、账本、银行三方对账无差异",
            ),
            not differences,
            f"{differences} differences; {len(city.BANKS)} banks' statements compared",
        ),
    ]


def place_beside(page: Path) -> Path:
    """Return where the quarterly report of a demo lies: beside its page."""
    return page.with_name(f"{page.stem}-quarter.html")
