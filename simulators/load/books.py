"""The books after a run (simulators/load): every intended transaction has one end, and they agree.

Terminals know what they paid out, issuers what they debited, the switch's ledger what it approved:
after everything has settled the three are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from simulators.load.driving.banks import Book
from simulators.load.measuring.results import Accounts, Check

_SHOWN: Final = 3


class LedgerBook(msgspec.Struct, kw_only=True):
    """What the switch's ledger says: approved by terminal, what is open, and the caps.

    `over_cap` are cards whose day is above the limit; `queued` reversals are not yet acknowledged.
    """

    approved_fen: dict[str, int] = {}
    approved: dict[str, int] = {}
    open_count: int = 0
    held_fen: int = 0
    queued: int = 0
    over_cap: int = 0


def own_checks(accounts: Accounts) -> list[Check]:
    """Return what the generator's own accounts promise."""
    ended = sum(accounts.outcomes.values())
    said = f"{accounts.intended} intended, {ended} ended: " + ", ".join(
        f"{count} {name}" for name, count in sorted(accounts.outcomes.items())
    )
    owed = accounts.owed + accounts.unresolved
    paid = f"{accounts.reversed} reversals acknowledged, {owed} still owed or given up"
    return [
        # Nothing that was meant is no run whose books could hold.
        Check(
            "every intended transaction has one end",
            said if accounts.intended else "nothing was intended",
            accounts.is_whole and accounts.intended > 0,
        ),
        Check("every reversal that is owed was acknowledged", paid, owed == 0),
    ]


def issuer_checks(accounts: Accounts, books: Sequence[Book] | None) -> list[Check]:
    """Return whether terminals and issuers agree; None are issuers that ended during the run."""
    if books is None:
        return [Check("the issuers told their books", "they ended during the run", holds=False)]
    if not books:
        return []
    standing: dict[str, int] = {}
    for book in books:
        for tid, fen in book.standing_fen.items():
            standing[tid] = standing.get(tid, 0) + fen
    unbalanced = [book.issuer for book in books if not book.balances]
    total = sum(standing.values())
    return [
        Check(
            "every issuer's balances are its movements",
            f"{len(books)} issuers" + (f", not {unbalanced}" if unbalanced else ""),
            not unbalanced,
        ),
        _same("terminals and issuers agree", accounts.approved_fen, standing, f"{total} fen"),
    ]


def ledger_checks(accounts: Accounts, ledger: LedgerBook) -> list[Check]:
    """Return whether the ledger agrees with the terminals, and whether it has settled."""
    total = sum(ledger.approved_fen.values())
    rest = f"{ledger.open_count} open, {ledger.queued} reversals queued, {ledger.held_fen} fen held"
    is_settled = not (ledger.open_count or ledger.queued or ledger.held_fen)
    return [
        _same(
            "ledger and terminals agree", accounts.approved_fen, ledger.approved_fen, f"{total} fen"
        ),
        Check("the ledger has settled", rest, is_settled),
        Check("no card is above its cap", f"{ledger.over_cap} above", not ledger.over_cap),
    ]


def _same(name: str, one: Mapping[str, int], other: Mapping[str, int], agreed: str) -> Check:
    differing = [tid for tid in sorted({*one, *other}) if one.get(tid, 0) != other.get(tid, 0)]
    if not differing:
        return Check(name, f"{len(one)} terminals, {agreed}", holds=True)
    shown = ", ".join(
        f"{tid}: {one.get(tid, 0)} and {other.get(tid, 0)} fen" for tid in differing[:_SHOWN]
    )
    more = f" and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
    return Check(name, f"they differ at {shown}{more}", holds=False)
