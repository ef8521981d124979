"""Clearing files (switch/settlement): records in fixed columns, and the lines of CSV.

The columns of a detail record are those that public parsers of such files read, each followed by a
space; 助农取款 has its own class behind them. Cards are masked: the ledger has no clear number.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from typing import Final

from switch.report.cells import inert
from switch.settlement.clearing import Adjustment, Clearing, Entry
from switch.settlement.movements import PutRight, service_fees
from switch.settlement.rules import DEBIT

WIDTHS: Final = (
    11, 11, 6, 10, 19, 12, 12, 12, 4, 6, 4, 8, 15, 12, 2, 6, 11, 6, 2, 3, 12, 12, 12, 1, 3, 1, 1,
    10, 11, 1, 2, 2, 12,
)  # fmt: skip
"""代理机构, 发送机构, 跟踪号, 传输时间, 主账号, 金额, 部分代收承兑金额, 持卡人手续费, 报文类型,
交易类型码, 商户类型, 终端, 商户, 检索参考号, 条件码, 授权码, 接收机构, 原跟踪号, 返回码, 输入方式,
受理方应收手续费, 受理方应付手续费, 转接服务费, 单双转换标志, 卡序列号, 终端读取能力, IC条件码,
原交易日期时间, 发卡机构, 地域标志, 终端类型, ECI, 分期附加费."""
ACQUIRER, ISSUER = "01ACOM", "01ICOM"
ERRORS, ISSUER_ERRORS = "99AERR", "01IERR"
"""Endings of file names: an acquirer's and an issuer's details, and what was given back or put
right, of each."""
SPECIAL, CLASS = 3, 4
"""Characters behind the columns: special fee type and level (DE 60.3.1, 60.3.2), and the class."""
RURAL: Final = "ZNQK"
"""The class of 助农取款, which no other transaction has."""
_PUT_RIGHT: Final = {
    "credit_adjustment": "DJTZ",
    "claim": "QK",
    "chargeback": "TD",
    "representment": "ZQK",
    "correct": "FKTZ",
}
"""The classes of what cases put right: 贷记调整, 请款, 退单, 再请款, 发卡行调账."""


def file_name(day: int, ending: str) -> str:
    """Return the name of a file: INDyymmdd and its ending."""
    return f"IND{day % 1_000_000:06d}{ending}"


def record(entry: Entry, category: str, *, is_issuers: bool = False) -> str:
    """Return the detail record of an entry, without the end of its line; `category` is DE 18.

    The network fee is what the bank pays whose file it is: the acquirer, or the issuer.
    """
    row, kind = entry.row, entry.kind
    kept, answer, key = row.record, row.answer, row.key
    fees = service_fees(kept)
    network = fees.issuer_to_network if is_issuers else fees.acquirer_to_network
    is_back = entry.sign < 0
    plan_stan = row.plan.stan if is_back and row.plan is not None else kept.link_stan
    cells: tuple[object, ...] = (
        kept.acquirer, kept.acquirer, plan_stan, kept.transmission, kept.shown_card,
        f"{kept.amount_fen:012d}", f"{0:012d}", _signed(-entry.sign * kept.fee_fen),
        "0420" if is_back else kept.mti, kept.processing_code, category, key.terminal,
        key.merchant, kept.rrn, kept.condition_code, answer.authorisation if answer else "",
        kept.issuer, kept.link_stan if is_back else kept.original[4:10],
        answer.code if answer else "", kept.entry_mode, _signed(entry.sign * fees.gets),
        _signed(-entry.sign * fees.pays), _signed(-entry.sign * network), "", "", "", "",
        kept.transmission if is_back else kept.original[10:20], kept.issuer, "", "", "",
        f"{0:012d}",
    )  # fmt: skip
    return _line(cells, kind.special, RURAL if kind.is_rural_withdrawal else "")


def error_record(adjustment: Adjustment, right: PutRight, *, is_issuers: bool) -> str:
    """Return the record of what a case puts right; its number stands where a STAN does."""
    network = right.network.get(right.issuer if is_issuers else right.acquirer, 0)
    cells: tuple[object, ...] = (
        right.acquirer, right.acquirer, f"{adjustment.case:06d}", "", "",
        f"{abs(right.fen):012d}", f"{0:012d}", _signed(0), "", "", "", "", right.merchant,
        adjustment.rrn, "", "", right.issuer, "", "", "", _signed(right.gets),
        _signed(-right.pays), _signed(-network), "", "", "", "", "", right.issuer, "", "", "",
        f"{0:012d}",
    )  # fmt: skip
    return _line(cells, "000", _PUT_RIGHT.get(adjustment.action, ""))


def _line(cells: Sequence[object], special: str, class_: str) -> str:
    columns = (f"{cell!s:<{width}.{width}}" for cell, width in zip(cells, WIDTHS, strict=True))
    return " ".join(columns) + f" {special:<{SPECIAL}} {class_:<{CLASS}}"


def _signed(fen: int) -> str:
    """Return a fee as C (received) or D (paid) and eleven digits."""
    return f"{'C' if fen >= 0 else 'D'}{abs(fen):011d}"


def signed_amount(entry: Entry) -> int:
    """Return what an entry takes off the cardholder's account, in fen."""
    return entry.sign * entry.row.record.amount_fen * (1 if entry.kind.side == DEBIT else -1)


class Tally:
    """The totals and the digest of a file while it is written."""

    __slots__ = ("_digest", "count", "credit_fen", "debit_fen")

    def __init__(self) -> None:
        """Begin with an empty file."""
        self._digest = hashlib.sha256()
        self.count = self.debit_fen = self.credit_fen = 0

    def add(self, line: bytes, fen: int) -> None:
        """Add a line as it is written; `fen` is negative where a card was credited."""
        self._digest.update(line)
        self.count += 1
        self.debit_fen += max(fen, 0)
        self.credit_fen += max(-fen, 0)

    @property
    def digest(self) -> str:
        """The SHA-256 of the lines so far."""
        return self._digest.hexdigest()


def csv_lines(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as CSV (RFC 4180); a cell that a spreadsheet would run begins with a quote."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([inert(str(cell)) for cell in row])
    return out.getvalue().encode("utf-8")


def positions_csv(made: Clearing) -> bytes:
    """Return the net positions, one account a line, with a last line that sums them."""
    rows: list[Sequence[object]] = [("day", "account", "net_fen", "interbank_fen", "inside_fen")]
    for account, fen in sorted(made.positions.items()):
        between = (made.interbank.get(account, 0), made.inside.get(account, 0))
        rows.append((made.day, account, fen, *between))
    sums = (sum(each.values()) for each in (made.positions, made.interbank, made.inside))
    rows.append((made.day, "TOTAL", *sums))
    return csv_lines(rows)


def points_csv(made: Clearing) -> bytes:
    """Return the lines of the service points, with a last line that sums them."""
    names = (
        "withdrawals", "withdrawn_fen", "sales", "sold_fen", "returns", "returned_fen",
        "discount_fen", "subsidy_fen", "remittances", "remitted_fen", "passing_fen",
        "adjusted_fen", "net_fen",
    )  # fmt: skip
    rows: list[Sequence[object]] = [("day", "merchant", "acquirer", *names)]
    sums = [0] * len(names)
    for merchant, line in sorted(made.points.items()):
        values = [int(getattr(line, name)) for name in names]
        sums = [total + value for total, value in zip(sums, values, strict=True)]
        rows.append((made.day, merchant, line.acquirer, *values))
    rows.append((made.day, "TOTAL", "", *sums))
    return csv_lines(rows)


def classes_csv(made: Clearing) -> bytes:
    """Return the sums by issuer, acquirer and class, as the summaries RD1002 separate them."""
    names = ("count", "amount_fen", "returned", "returned_fen", "fee_fen")
    rows: list[Sequence[object]] = [("day", "issuer", "acquirer", "class", "side", *names)]
    sums = [0] * len(names)
    for key, found in sorted(made.classes.items()):
        values = [int(getattr(found, name)) for name in names]
        sums = [total + value for total, value in zip(sums, values, strict=True)]
        rows.append((made.day, *key.split("/"), *values))
    rows.append((made.day, "TOTAL", "", "", "", *sums))
    return csv_lines(rows)
