"""`jinbao cases` (switch/cli): what did not agree, who must answer by when, and what was done.

Nothing here is ever deleted: a step adds a note, and a closed case stays.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
import typer
from msgspec.structs import replace

from switch.cli.books.reading import Rrn
from switch.cli.books.words import both, day_text, moment_text, yuan
from switch.cli.drawing import drawn, plain, table
from switch.cli.outcome import BAD, say, stop
from switch.cli.outcome import note as remark
from switch.cli.serving.folder import Folder
from switch.cli.settling.clear import drawn_cases, signed_yuan
from switch.cli.settling.opening import Settled, settled, tried_ms
from switch.cli.verbs import AsJson, BusinessDate, verb_app
from switch.core.moment import local
from switch.core.transaction import State
from switch.ledger.protocol import Where
from switch.ledger.settling.protocol import ChangedMeanwhileError, Kept
from switch.settlement.cases import (
    ACTION_WORDS,
    KIND_WORDS,
    OF_ISSUERS,
    STAGE_WORDS,
    STEPS,
    Case,
    CaseError,
    Note,
    On,
    allowed,
    check_once,
    decoded,
    encoded,
    grounded,
    resolve,
)
from switch.settlement.clearing import PENDING
from switch.settlement.differences.issuers import case_of
from switch.settlement.differences.whole import whole_of
from switch.settlement.rules import CREDIT
from switch.shell.watching.log import mask_digits

_MOST: Final = 2**63 - 1
"""The greatest number that either engine has."""
app = verb_app("Cases: differences between the books, with deadlines and what was done.")
Number = Annotated[
    int, typer.Argument(metavar="NUMBER", min=1, max=_MOST, help="The number of the case.")
]
Who = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides it.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="On what ground.")]
_ACTIONS: Final = "credit_adjustment|claim|chargeback|representment|correct|accept|lapse|no_error"


@app.command("list")
def list_cases(
    *,
    folder: Folder,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are closed.")] = False,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Only those whose deadline has passed.")
    ] = False,
    business_date: BusinessDate = "",
    as_json: AsJson = False,
) -> None:
    """List cases, the oldest first; status 1 with --overdue where there are any.

    \b
    Examples:
      jinbao cases list -c city
      jinbao cases list -c city --overdue
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with settled(folder) as here:
        kept = here.store.cases(is_open=None if everything else True)
        cases = [(each, decoded(each)) for each in kept]
        now = local(tried_ms(here, business_date)).day
    if overdue:
        cases = [(each, case) for each, case in cases if 0 < case.deadline < now]
    if as_json:
        for each, case in cases:
            say(msgspec.json.encode(_told(each, case)).decode())
    elif cases:
        say(drawn(drawn_cases([case for _, case in cases], [each.number for each, _ in cases])))
    else:
        say("no case")
    if overdue and cases:
        raise typer.Exit(BAD)


@app.command()
def show(number: Number, *, folder: Folder, as_json: AsJson = False) -> None:
    """Show a case with everything that was done about it.

    \b
    Example:
      jinbao cases show 1 -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with settled(folder) as here:
        kept = _kept(here, number)
    case = decoded(kept)
    told = _told(kept, case) | {"allows": allowed(case)}
    say(msgspec.json.encode(told).decode() if as_json else _drawn(kept, case))


@app.command("open")
def open_case(
    rrn: Rrn,
    *,
    folder: Folder,
    by: Who,
    why: Why,
    business_date: BusinessDate = "",
    as_json: AsJson = False,
) -> None:
    """Open a case about a transaction that somebody disputes.

    \b
    Example:
      jinbao cases open 416900000001 -c city --by "bank A" --why "the cardholder got no cash"
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with settled(folder) as here:
        rows = here.books.transactions(1, Where(rrn=rrn)) if rrn else []
        if not rows:
            stop(f"no transaction with RRN {rrn!r}", BAD)
        row, moved = whole_of(here.books, here.rules, rows[0])
        if row.record.rrn != rrn:
            remark(f"{rrn} is a leg of {row.record.rrn}: the case is about the whole transfer")
            rrn = row.record.rrn
        at_ms = tried_ms(here, business_date)
        day, last = local(at_ms).day, here.terms.inquiry(row.record.clearing_day)
        if day > last:
            days = f"inquiry_days = {here.terms.inquiry_days} from its clearing day"
            stop(f"{rrn} could be disputed until {day_text(last)} ({days})", BAD)
        kind = here.rules.kind(row.record.kind)
        try:
            note = grounded(_note(at_ms, by, "opened", why))
        except CaseError as error:
            stop(str(error))
        case = replace(
            case_of(row, "dispute", row.record.clearing_day, here.terms.answer(day)),
            found_by=note.by,
            what=note.why,
            notes=(note,),
            movements=moved,
            is_credit=kind is not None and kind.side == CREDIT,
        )
        if not here.store.add_cases([(case.key, encoded(case))]):
            stop(f"{rrn} has a case of this kind already", BAD)
        (kept,) = [each for each in here.store.cases() if each.key == case.key]
    say(msgspec.json.encode(_told(kept, case)).decode() if as_json else f"case {kept.number}")


@app.command("resolve")
def resolve_case(
    number: Number,
    *,
    folder: Folder,
    action: Annotated[str, typer.Option("--as", metavar=_ACTIONS, help="What is done.")],
    by: Who,
    why: Why,
    business_date: BusinessDate = "",
    as_json: AsJson = False,
) -> None:
    """Take a step in a case. What it moves is cleared as an adjustment on the next day.

    `credit_adjustment` (贷记调整): the acquirer gives back what nobody was paid. `claim` (请款):
    it claims what it paid out. `chargeback` (退单), `representment` (再请款): the issuer takes it
    back, the acquirer presents it again. `correct`: the issuer puts its own books right. `accept`,
    `no_error`: the case is closed as it stands; so does `lapse`, once nobody has answered in time.

    \b
    Example:
      jinbao cases resolve 1 -c city --as credit_adjustment --by "Li" --why "the till agrees"
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with settled(folder) as here:
        # Whoever else takes a step meanwhile may move the same money: then this one is refused.
        seen = here.store.generation()
        kept = _kept(here, number)
        before, at_ms = decoded(kept), tried_ms(here, business_date)
        if action not in _ACTIONS.split("|"):
            able = f"it allows {', '.join(allowed(before)) or 'nothing more'}"
            stop(f"--as {action!r}: case {number} is {both(STAGE_WORDS[before.stage])}; {able}")
        note = _note(at_ms, by, action, why)
        on = On(local(at_ms).day, here.store.last_day(), here.terms)
        try:
            before = _as_it_stands(here, before, action)
            case = resolve(before, action, note, on)
            others = [decoded(each) for each in here.store.cases() if each.number != number]
            is_paid, is_pending = _is_paid(here, case)
            check_once(case, others, is_paid=is_paid, is_pending=is_pending)
            changed = replace(kept, is_open=case.deadline > 0, body=encoded(case))
            here.store.amend((), [changed], seen)
        except (CaseError, ChangedMeanwhileError) as error:
            stop(str(error), BAD)
    if as_json:
        say(msgspec.json.encode(_told(changed, case)).decode())
    else:
        say(f"case {number}: {both(STAGE_WORDS[case.stage])}")


def _as_it_stands(here: Settled, case: Case, action: str) -> Case:
    """Return a case with what is left to move, until it has moved anything; CaseError: nothing is.

    A void or refund may have come since it was found.
    """
    is_whole = case.kind not in OF_ISSUERS | {"amount"} and case.movements
    rows = here.books.transactions(1, Where(rrn=case.rrn)) if is_whole and case.rrn else []
    if not rows or any(note.movements for note in case.notes):
        return case
    _, moved = whole_of(here.books, here.rules, rows[0])
    if not moved and STEPS[action].pays:
        raise CaseError(f"{action}: the money of {case.rrn} is given back already, by its void")
    return replace(case, movements=moved)


def _is_paid(here: Settled, case: Case) -> tuple[bool, bool]:
    """Tell whether the ledger approves the transaction of a case, and whether it may yet do so.

    What nobody acknowledged to reverse never will be: what stands of it is claimed.
    """
    rows = here.books.transactions(1, Where(rrn=case.rrn)) if case.rrn else []
    states = {row.state for row in rows}
    return State.APPROVED in states, bool(states & (PENDING - {State.REVERSAL_EXPIRED}))


def _note(at_ms: int, by: str, action: str, why: str) -> Note:
    """Return who did what and why, with no card number in it."""
    return Note(at_ms, mask_digits(by), action, mask_digits(why))


def _kept(here: Settled, number: int) -> Kept:
    kept = here.store.case(number)
    if kept is None:
        stop(f"there is no case {number}", BAD)
    return kept


def _told(kept: Kept, case: Case) -> dict[str, Any]:
    return {"number": kept.number, "is_open": kept.is_open, **msgspec.to_builtins(case)}


def _drawn(kept: Kept, case: Case) -> str:
    facts = table("", "")
    facts.show_header = False
    place = f"{case.terminal} {case.batch} {case.stan}".strip()
    for name, value in (
        ("case", f"{kept.number}: {both(KIND_WORDS[case.kind])}"),
        ("stage 状态", both(STAGE_WORDS[case.stage])),
        ("deadline 期限", day_text(case.deadline) if case.deadline else "-"),
        ("what 说明", case.what),
        ("RRN", case.rrn or "-"),
        ("terminal, batch, STAN", place or "-"),
        ("card 卡号", case.shown_card or "-"),
        ("amount 金额", yuan(case.amount_fen)),
        ("issuer, acquirer", f"{case.issuer or '-'}, {case.acquirer or '-'}"),
        ("clearing day 清算日", day_text(case.day)),
        ("allows 可办", ", ".join(allowed(case)) or "-"),
    ):
        facts.add_row(plain(name), plain(value))
    notes = table("At", "By", "Step", "Why", "Moves")
    for note in case.notes:
        moved = ", ".join(f"{m.payer} to {m.payee} {signed_yuan(m.fen)}" for m in note.movements)
        when = f" ({day_text(note.clearing_day)})" if note.clearing_day else ""
        words = both(ACTION_WORDS[note.action])
        cells = (moment_text(note.at_ms), note.by, words, note.why, moved + when)
        notes.add_row(*map(plain, cells))
    return drawn(facts, notes)
