"""The books after the demo (switch/cli): three stores, read by code that shares nothing with them.

Slips come from the terminal's file, transactions from the ledger's tables in plain SQL, movements
from each bank's file. What the switch itself says of them is not asked.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from messages.dialects.dialect import Words

_APPROVED, _REVERSED = 6, 11
"""States as the ledger's tables number them; written once more, so that a slip there is seen."""
_OPEN: Final = (3, 9, 10, 12)
"""Open intents, in doubt, being reversed, needing a person."""
_FEN: Final = 100


class Check(msgspec.Struct, frozen=True):
    """A promise, whether it was kept, and the figures."""

    what: Words
    is_kept: bool
    figures: str


class Stores(msgspec.Struct, frozen=True):
    """What was read: fen by RRN, and the rest as it is.

    `standing` and `returned` are the banks' debits that were not given back and those that were.
    """

    slips: dict[str, int]
    heard: list[tuple[str, str, str]]
    owed: int
    approved: dict[str, int]
    reversed_: dict[str, int]
    unsettled: int
    held_fen: int
    used_fen: int
    advices: int
    standing: dict[str, int]
    returned: dict[str, int]
    paid_out_fen: int


def read(terminal: Path, ledger: Path, banks: list[Path]) -> Stores:
    """Read all three; the processes must have ended."""
    slips = json.loads(terminal.read_bytes())
    with closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)) as tables:
        rows = tables.execute("SELECT rrn, state, amount_fen FROM transactions").fetchall()
        held, used = tables.execute(
            "SELECT ifnull(sum(held_fen), 0), ifnull(sum(committed_fen), 0) FROM caps"
        ).fetchone()
        (advices,) = tables.execute("SELECT count(*) FROM advices").fetchone()
    accounts = [json.loads(bank.read_bytes()) for bank in banks]
    balances, movements = _netted(accounts)
    return Stores(
        slips=_summed((each["rrn"], each["amount_fen"]) for each in slips["slips"]),
        heard=[(each["mti"], each["stan"], each["code"]) for each in slips["heard"]],
        owed=slips["owed"] + len(slips["unresolved"]),
        approved=_summed((rrn, fen) for rrn, state, fen in rows if state == _APPROVED and fen),
        reversed_=_summed((rrn, fen) for rrn, state, fen in rows if state == _REVERSED),
        unsettled=sum(state in _OPEN for _, state, _ in rows),
        held_fen=held,
        used_fen=used,
        advices=advices,
        standing={rrn: fen for rrn, fen in movements.items() if fen},
        returned={rrn: fen for rrn, fen in movements.items() if not fen},
        paid_out_fen=balances,
    )


def _netted(accounts: list[dict[str, Any]]) -> tuple[int, dict[str, int]]:
    """Return what left the accounts by their balances, and what each RRN took by the movements."""
    left = sum(book["opening_fen"] - sum(book["balances"].values()) for book in accounts)
    movements = ((m["rrn"], -m["amount_fen"]) for book in accounts for m in book["movements"])
    return left, _summed(movements)


def _summed(amounts: Iterator[tuple[str, int]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for rrn, fen in amounts:
        found[rrn] += fen
    return dict(found)


def checks(stores: Stores) -> Iterator[Check]:
    """Yield every promise with the figures that show whether it was kept."""
    slips, ledger, banks = (
        sum(each.values()) for each in (stores.slips, stores.approved, stores.standing)
    )
    yield Check(
        Words(
            "every slip is approved in the ledger and stands at its bank, and nothing else does",
            "每张签购单在账本中已成功、在发卡行已入账，别无其他",
        ),
        stores.slips == stores.approved == stores.standing,
        f"slips {_yuan(slips)}, ledger {_yuan(ledger)}, banks {_yuan(banks)}",
    )
    yield Check(
        Words("what left the accounts was paid out in cash", "账户减少额等于现金支出额"),
        stores.paid_out_fen == slips,
        f"accounts {_yuan(stores.paid_out_fen)}, cash {_yuan(slips)}",
    )
    yield Check(
        Words("the cap counts what was paid out", "限额累计等于已支付金额"),
        stores.used_fen == slips,
        f"counted {_yuan(stores.used_fen)}, cash {_yuan(slips)}",
    )
    yield Check(
        Words("no hold is open, no reversal is on its way", "无未释放额度，无待发冲正"),
        not (stores.held_fen or stores.advices or stores.unsettled or stores.owed),
        f"held {_yuan(stores.held_fen)}, queued {stores.advices}, unsettled {stores.unsettled}, "
        f"owed by the terminal {stores.owed}",
    )
    yield Check(
        Words("every reversal gave the money back", "每笔冲正均已退回款项"),
        bool(stores.reversed_) and stores.reversed_.keys() == stores.returned.keys(),
        f"reversed {len(stores.reversed_)}, given back {len(stores.returned)}",
    )
    answers = Counter((mti, stan) for mti, stan, _ in stores.heard if mti != "0810")
    twice = sum(count > 1 for count in answers.values())
    yield Check(
        Words("every request had one answer", "每个请求只有一个应答"),
        bool(answers) and not twice,
        f"answered {len(answers)}, answered twice {twice}",
    )


def _yuan(fen: int) -> str:
    return f"{fen // _FEN}.{fen % _FEN:02d}"
