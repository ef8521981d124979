"""The books after the demo (switch/cli): three stores, read by code that shares nothing with them.

Slips come from the terminals' files, transactions from the ledger's tables in plain SQL, movements
from each bank's file. What the switch itself says of them is not asked.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from messages.dialects.dialect import Words

_APPROVED, _REVERSED = 6, 11
"""States as the ledger's tables number them; written once more, so that a slip there is seen."""
_OPEN: Final = (3, 9, 10, 12, 15, 17)
"""Open intents, in doubt, being reversed, needing a person (twice), a credit on its way."""
_FEN: Final = 100
_RECORD, _PROCESSING, _FEE = 3, 15, 22
"""Places in a row of the ledger: its record, and DE 3 and DE 28 in that; once more likewise."""
_PAYOUTS: Final = "PAYOUTS0"
"""DE 41 of what no terminal did: pay-outs of benefits."""
_BACK: Final = "20"
"""DE 3 of what gives money back, and the kinds of slips that do."""
_GIVES_BACK: Final = ("void", "refund")


class Check(msgspec.Struct, frozen=True):
    """A promise, whether it was kept, and the figures."""

    what: Words
    is_kept: bool
    figures: str


class Stores(msgspec.Struct, frozen=True):
    """What was read: fen by RRN, fees with them, and the rest as it is.

    What an account got is negative. `standing` and `returned` are the banks' movements that were
    not undone and those that were; `used` is what the caps count, by day. Pay-outs are apart:
    `paid_out` is what the ledger says of them, `credited` what the banks do.
    """

    slips: dict[str, int]
    heard: list[tuple[str, str, str, str]]
    owed: int
    approved: dict[str, int]
    reversed_: dict[str, int]
    unsettled: int
    held_fen: int
    used: dict[int, int]
    advices: int
    standing: dict[str, int]
    returned: dict[str, int]
    taken_fen: int
    fees_fen: int
    paid_out: dict[str, int]
    credited: dict[str, int]


def read(terminals: list[Path], ledger: Path, banks: list[Path]) -> Stores:
    """Read all three; the processes must have ended."""
    kept = [json.loads(path.read_bytes()) for path in terminals]
    with closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)) as tables:
        found = tables.execute(
            "SELECT rrn, state, amount_fen, body, terminal FROM transactions"
        ).fetchall()
        rows = [
            (rrn, state, *_effect(amount_fen, body))
            for rrn, state, amount_fen, body, terminal in found
            if terminal != _PAYOUTS
        ]
        paid_out = {
            rrn: fen
            for rrn, state, fen, _, terminal in found
            if terminal == _PAYOUTS and state == _APPROVED
        }
        caps = tables.execute("SELECT day, held_fen, committed_fen FROM caps").fetchall()
        (advices,) = tables.execute("SELECT count(*) FROM advices").fetchone()
    accounts = [json.loads(bank.read_bytes()) for bank in banks]
    taken_fen, movements = _netted(accounts)
    slips = [slip for each in kept for slip in each["slips"]]
    credited = {rrn: -movements.pop(rrn) for rrn in paid_out if rrn in movements}
    return Stores(
        slips=_summed((slip["rrn"], _printed(slip)) for slip in slips),
        heard=[
            (each["terminal"], heard["mti"], heard["stan"], heard["code"])
            for each in kept
            for heard in each["heard"]
        ],
        owed=sum(each["owed"] + len(each["unresolved"]) for each in kept),
        approved=_summed((rrn, fen) for rrn, state, fen, _ in rows if state == _APPROVED and fen),
        reversed_=_summed((rrn, fen) for rrn, state, fen, _ in rows if state == _REVERSED),
        unsettled=sum(state in _OPEN for _, state, _, _ in rows),
        held_fen=sum(held for _, held, _ in caps),
        used={
            day: sum(used for at, _, used in caps if at == day)
            for day in sorted({day for day, _, used in caps if used})
        },
        advices=advices,
        standing={rrn: fen for rrn, fen in movements.items() if fen},
        returned={rrn: fen for rrn, fen in movements.items() if not fen},
        taken_fen=taken_fen + sum(credited.values()),
        paid_out=paid_out,
        credited=credited,
        fees_fen=sum(fee for _, state, _, fee in rows if state == _APPROVED),
    )


def _effect(amount_fen: int, body: bytes) -> tuple[int, int]:
    """Return what a row of the ledger took from an account, and the fee in it."""
    record = msgspec.msgpack.decode(body)[_RECORD]
    fee_fen = record[_FEE]
    sign = -1 if record[_PROCESSING].startswith(_BACK) else 1
    return sign * amount_fen + fee_fen, fee_fen


def _printed(slip: dict[str, Any]) -> int:
    """Return what a slip says was taken from an account."""
    sign = -1 if slip["kind"] in _GIVES_BACK else 1
    return sign * (int(slip["amount_fen"]) + int(slip["fee_fen"]))


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


def checks(stores: Stores, cash: Mapping[int, int]) -> Iterator[Check]:
    """Yield every promise with the figures that show whether it was kept.

    `cash` is what was withdrawn, in fen by the village's own days.
    """
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
        Words(
            "what left the accounts is what the slips say, fees and all",
            "账户减少额等于签购单金额（含手续费）",
        ),
        stores.taken_fen == slips,
        f"accounts {_yuan(stores.taken_fen)}, slips {_yuan(slips)}, "
        f"of it fees {_yuan(stores.fees_fen)}",
    )
    yield Check(
        Words(
            "the cap counts the cash of each day, and no fee", "限额按日累计取现金额，不含手续费"
        ),
        stores.used == {day: fen for day, fen in cash.items() if fen},
        f"counted {_by_day(stores.used)}; cash {_by_day(cash)}",
    )
    yield Check(
        Words("no hold is open, no reversal is on its way", "无未释放额度，无待发冲正"),
        not (stores.held_fen or stores.advices or stores.unsettled or stores.owed),
        f"held {_yuan(stores.held_fen)}, queued {stores.advices}, unsettled {stores.unsettled}, "
        f"owed by the terminals {stores.owed}",
    )
    yield Check(
        Words("every reversal gave the money back", "每笔冲正均已退回款项"),
        bool(stores.reversed_) and stores.reversed_.keys() == stores.returned.keys(),
        f"reversed {len(stores.reversed_)}, given back {len(stores.returned)}",
    )
    answers = Counter(each[:3] for each in stores.heard if each[1] != "0810")
    twice = sum(count > 1 for count in answers.values())
    yield Check(
        Words("every request had one answer", "每个请求只有一个应答"),
        bool(answers) and not twice,
        f"answered {len(answers)}, answered twice {twice}",
    )
    yield Check(
        Words("every pay-out was credited once", "每笔待遇发放只入账一次"),
        bool(stores.paid_out) and stores.paid_out == stores.credited,
        f"paid out {_yuan(sum(stores.paid_out.values()))}, "
        f"credited {_yuan(sum(stores.credited.values()))}",
    )


def _by_day(amounts: Mapping[int, int]) -> str:
    return ", ".join(f"{_yuan(fen)} on {day}" for day, fen in sorted(amounts.items())) or "nothing"


def _yuan(fen: int) -> str:
    return f"{fen // _FEN}.{fen % _FEN:02d}"
