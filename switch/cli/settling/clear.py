"""`jinbao clear` (switch/cli): clear days, show what was cleared, and reconcile three ways.

A day is cleared once, and no day is left out: what comes later belongs to a later clearing.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from msgspec.structs import replace
from rich.table import Table

from switch.cli.books.words import both, day_text, yuan
from switch.cli.drawing import drawn, plain, table
from switch.cli.outcome import BAD, note, say, stop
from switch.cli.serving.folder import Folder
from switch.cli.settling.opening import (
    Day,
    Settled,
    checked_day,
    cut_over_ms,
    now_ms,
    settled,
    today,
)
from switch.cli.settling.statements import Statements, statements_of
from switch.cli.settling.writing import DayFolder, PlaceTakenError, is_there, place_of
from switch.cli.verbs import AsJson, verb_app
from switch.core.errors import InvariantBroken
from switch.ledger.protocol import Where
from switch.ledger.settling.protocol import AlreadyClearedError, ChangedMeanwhileError
from switch.settlement import running
from switch.settlement.cases import KIND_WORDS, Case, decoded, encoded
from switch.settlement.clearing import Clearing
from switch.settlement.differences.issuers import Known, Line
from switch.settlement.reconciling import Found, Reconciler, noted
from switch.settlement.rules import Rules

app = verb_app("Clear days, and reconcile them: terminals, ledger and issuers.")
MARGIN_MS: Final = 60_000
"""So long after its end every transaction of a day has an answer, and stands in the tables."""


@app.command()
def run(
    *,
    folder: Folder,
    until: Annotated[
        int, typer.Option(metavar="YYYYMMDD", help="The last day to clear; else yesterday.")
    ] = 0,
    to: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the files there, a folder per day.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Clear every day that was not cleared yet, in order; status 1 where one does not sum to zero.

    \b
    Examples:
      jinbao clear run -c city
      jinbao clear run -c city --until 20140618 --to clearing
    """  # noqa: D301 - \b keeps the lines of the examples apart
    last = checked_day(until, "--until") if until else running.day_after(today(), -1)
    with settled(folder) as here:
        cut_over = here.installation.configuration.cut_over
        if now_ms() < cut_over_ms(last, cut_over) + MARGIN_MS:
            stop(f"{day_text(last)} is not over yet, or has only just ended")
        days = running.days_to_clear(here.books, here.store, last)
        if not days:
            say("nothing is to be cleared")
        for day in days:
            made = _cleared(here, day, to)
            say(msgspec.json.encode(brief(made)).decode() if as_json else line_of(made))


@app.command("list")
def list_days(*, folder: Folder, as_json: AsJson = False) -> None:
    """List the days that were cleared.

    \b
    Example:
      jinbao clear list -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with settled(folder) as here:
        for day in here.store.days():
            made = running.kept(here.store, day)
            if made is not None:
                say(msgspec.json.encode(brief(made)).decode() if as_json else line_of(made))


@app.command("files")
def files_of(
    *,
    folder: Folder,
    day: Day,
    to: Annotated[
        Path, typer.Option(metavar="DIR", help="Write the files there, into a folder of the day.")
    ],
    as_json: AsJson = False,
) -> None:
    """Write the files of a day that was cleared, whenever that was: the same bytes, or nothing.

    \b
    Example:
      jinbao clear files -c city --day 20140618 --to clearing
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with settled(folder) as here:
        made = running.kept(here.store, checked_day(day))
        if made is None:
            stop(f"{day_text(day)} was not cleared", BAD)
        if made.passed_over is None or not made.files:
            stop(f"{day_text(day)} was cleared by a version that kept no digests of its files", BAD)
        place = place_of(to, day)
        if is_there(place, made.files):
            note(f"{place} holds these files already")
        else:
            _write_again(here, made, to)
            note(f"written to {place}")
        say(msgspec.json.encode(brief(made)).decode() if as_json else line_of(made))


@app.command()
def show(*, folder: Folder, day: Day, as_json: AsJson = False) -> None:
    """Show a day's clearing: positions, service points, classes.

    \b
    Example:
      jinbao clear show -c city --day 20140618
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with settled(folder) as here:
        made = running.kept(here.store, checked_day(day))
        if made is None:
            stop(f"{day_text(day)} was not cleared", BAD)
        say(msgspec.json.encode(made).decode() if as_json else drawn_clearing(made, here.rules))


@app.command()
def reconcile(
    *, folder: Folder, day: Day, statement: Statements = None, as_json: AsJson = False
) -> None:
    """Reconcile a day three ways; every difference becomes a case. Status 1 where there are any.

    What crosses the day, or is in doubt, is a case that waits, and no difference: the statement of
    a later day decides.

    \b
    Examples:
      jinbao clear reconcile -c city --day 20140618
      jinbao clear reconcile -c city --day 20140618 --statement 99910000=bank.csv
    """  # noqa: D301 - \b keeps the lines of the examples apart
    checked_day(day)
    with settled(folder) as here:
        cut_over = here.installation.configuration.cut_over
        issuers = here.installation.configuration.issuers
        if now_ms() < cut_over_ms(day, cut_over) + MARGIN_MS:
            stop(f"{day_text(day)} is not over yet, or has only just ended")
        found = found_on(here, day, statements_of(statement or [], day, cut_over, issuers))
        try:
            new = _kept_cases(here, found)
        except ChangedMeanwhileError as error:
            stop(str(error), BAD)
        if day > here.store.last_day():
            note(f"{day_text(day)} is not cleared yet: `jinbao clear run` clears it")
        for terminal, number, count in found.older:
            days = here.terms.look_back_days
            what = f"{count} transactions of batch {number} of {terminal} are not among these"
            note(f"{what}: they are older than look_back_days = {days}")
        say(_told_found(day, found, new) if as_json else _drawn_found(found, new))
    if found.cases:
        raise typer.Exit(BAD)


def found_on(here: Settled, day: int, statements: dict[str, list[Line]]) -> Found:
    """Return what reconciliation of a day finds."""
    batches = here.books.batches(day, day)
    known = Known(
        cases=[decoded(each) for each in here.store.cases()] if statements else [],
        ends_ms=cut_over_ms(day, here.installation.configuration.cut_over),
        terms=here.terms,
        at_ms=now_ms(),
    )
    reconciler = Reconciler(day, here.rules, batches, statements, known)
    is_long = any(not batch.is_balanced for batch in batches)
    begin = running.day_after(day, -here.terms.look_back_days if is_long else -1)
    reconciler.take(here.books.rows(begin, running.day_after(day)))
    for rrn in reconciler.missing():
        reconciler.take_named(here.books.transactions(1, Where(rrn=rrn)))
    return reconciler.done()


def _kept_cases(here: Settled, found: Found) -> int:
    """Keep what was found, and what older cases came to; return how many differences are new."""
    at_ms = now_ms()
    found_by = "reconciliation"
    fresh = [(case.key, encoded(noted(case, at_ms, found_by))) for case in found.cases]
    waiting = [(case.key, encoded(noted(case, at_ms, found_by))) for case in found.waiting]
    kept = {each.key: each for each in here.store.cases()}
    changed = []
    for before, now in found.changed:
        read = kept.get(before.key)
        if read is None or decoded(read) != before:
            raise ChangedMeanwhileError(f"{before.key} was changed meanwhile: reconcile again")
        body, is_open = encoded(now), now.deadline > 0
        changed.append(msgspec.structs.replace(read, is_open=is_open, body=body))
    here.store.amend([*fresh, *waiting], changed)
    return len({key for key, _ in fresh} - kept.keys())


def brief(made: Clearing) -> dict[str, object]:
    """Return a clearing in short."""
    turnover = sum(fen for fen in made.interbank.values() if fen > 0)
    return {
        "day": made.day,
        "count": made.count,
        "late": made.late,
        "returned": made.returned,
        "carried": made.carried,
        "adjustments": len(made.adjustments),
        "interbank_fen": turnover,
        "sum_fen": sum(made.positions.values()),
        "is_balanced": made.is_balanced,
        "files": made.files,
    }


def _cleared(here: Settled, day: int, to: Path | None) -> Clearing:
    """Clear a day and keep it; its files go to their place last, and can be had later."""
    files = _folder(to, day, here.rules)
    try:
        made, clearer = running.clear(here.books, here.store, here.rules, day, files.take)
        made.files = files.finish(made)
        running.keep(here.store, made, clearer)
        files.put()
    except (InvariantBroken, AlreadyClearedError) as error:
        stop(str(error), BAD)
    except OSError as error:
        stop(f"{to}: {error.strerror}")
    finally:
        files.give_up()
    return made


def _folder(to: Path | None, day: int, rules: Rules) -> DayFolder:
    try:
        return DayFolder(to, day, rules)
    except PlaceTakenError as error:
        stop(str(error))
    except OSError as error:
        stop(f"{to}: {error.strerror}")


def _write_again(here: Settled, made: Clearing, to: Path) -> None:
    """Write the files of a day that was cleared: byte for byte what they were then, or nothing."""
    files = _folder(to, made.day, replace(here.rules, categories=made.categories))
    try:
        for entry in running.entries(here.books, here.store, here.rules, made):
            files.take(entry)
        digests = files.finish(made)
        for name in sorted(digests.keys() | made.files.keys()):
            if digests.get(name) != made.files.get(name):
                what = f"the files of {day_text(made.day)} are not what was cleared"
                stop(f"{what}: {name} has another digest, so nothing was written", BAD)
        files.put()
    except OSError as error:
        stop(f"{to}: {error.strerror}")
    finally:
        files.give_up()


def line_of(made: Clearing) -> str:
    """Return a clearing in one line."""
    told = brief(made)
    extras = [
        f"{told[name]} {words}"
        for name, words in (
            ("late", "late 补清"),
            ("returned", "given back 退回"),
            ("carried", "carried 结转"),
            ("adjustments", "adjustments 差错"),
        )
        if told[name]
    ]
    parts = [
        day_text(made.day),
        f"{made.count} transactions 笔",
        f"interbank 跨行 {yuan(int(str(told['interbank_fen'])))}",
        f"sum 合计 {signed_yuan(int(str(told['sum_fen'])))}",
        *extras,
    ]
    return "  ".join(parts)


def signed_yuan(fen: int) -> str:
    """Return an amount that may be negative."""
    return f"-{yuan(-fen)}" if fen < 0 else yuan(fen)


def drawn_clearing(made: Clearing, rules: Rules) -> str:
    """Return a clearing as tables."""
    positions = table("Account 账户", "Net 净额", "Interbank 跨行", "Inside 行内")
    for account, fen in sorted(made.positions.items()):
        between = (made.interbank.get(account, 0), made.inside.get(account, 0))
        positions.add_row(*map(plain, (account, *map(signed_yuan, (fen, *between)))))
    sums = (sum(each.values()) for each in (made.positions, made.interbank, made.inside))
    positions.add_row(*map(plain, ("sum 合计", *map(signed_yuan, sums))))
    points = table(
        "Point 服务点", "Withdrawn 取款", "Sold 消费", "Back 退", "Discount 手续费", "Net 净额"
    )
    for merchant, line in sorted(made.points.items()):
        amounts = (line.withdrawn_fen, line.sold_fen, line.returned_fen, line.discount_fen)
        cells = (merchant, *map(signed_yuan, (*amounts, line.net_fen)))
        points.add_row(*map(plain, cells))
    classes = table("Issuer 发卡", "Acquirer 收单", "Class 类别", "Count 笔数", "Yuan 金额")
    for key, found in sorted(made.classes.items()):
        issuer, acquirer, name, side = key.split("/")
        kind = rules.kinds.get(name)
        words = both(kind.words) if kind is not None else name
        mark = " (on us 本行)" if side == "on_us" else ""
        count = f"{found.count - found.returned}"
        amount = signed_yuan(found.amount_fen - found.returned_fen)
        classes.add_row(*map(plain, (issuer, acquirer, words + mark, count, amount)))
    return f"{line_of(made)}\n{drawn(positions, points, classes)}"


def _told_found(day: int, found: Found, new: int) -> str:
    told: dict[str, object] = {"day": day, "found": len(found.cases), "new": new}
    told |= {name: getattr(found, name) for name in ("batches", "balanced", "rows")}
    settled_ = [now for _, now in found.changed if not now.deadline]
    told |= {"cases": found.cases, "waiting": found.waiting, "settled": settled_}
    return msgspec.json.encode(told | {"older": found.older}).decode()


def _drawn_found(found: Found, new: int) -> str:
    summary = (
        f"{found.rows} transactions, {found.balanced} of {found.batches} batches balanced, "
        f"{found.statements} statements: {len(found.cases)} differences, {new} of them new"
    )
    count = Counter(case.kind for case in found.waiting)
    if count:
        words = ", ".join(f"{number} {both(KIND_WORDS[kind])}" for kind, number in count.items())
        summary += f"; {len(found.waiting)} wait: {words}"
    settled_ = [now for _, now in found.changed if not now.deadline]
    if settled_:
        summary += f"; {len(settled_)} older cases decided by it"
    cases = found.cases + found.waiting
    return f"{summary}\n{drawn(drawn_cases(cases))}" if cases else summary


def drawn_cases(cases: list[Case], numbers: list[int] | None = None) -> Table:
    """Return cases as a table, with their numbers where they have some."""
    made = table("No.", "Kind 类型", "RRN", "Terminal", "Yuan", "By 期限", "What")
    for name in (2, 4, 5):
        made.columns[name].no_wrap = True
    for at, case in enumerate(cases):
        deadline = day_text(case.deadline) if case.deadline else "-"
        place = f"{case.terminal} {case.batch} {case.stan}".strip()
        cells = (
            str(numbers[at]) if numbers else "",
            both(KIND_WORDS[case.kind]),
            case.rrn or "-",
            place or "-",
            yuan(case.amount_fen),
            deadline,
            case.what,
        )
        made.add_row(*map(plain, cells))
    return made
