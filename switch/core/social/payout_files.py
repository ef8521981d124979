"""The form of pay-out files: a head, then a line for each credit; one wrong line refuses them all.

Lines are comma-separated. What is wrong is told with its line, and never quotes a card's number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple

from messages.values import is_luhn_valid, mask_pan
from switch.core.configuration import Fund
from switch.core.social.payouts import NUMBER_DIGITS, Outcome, Payout

FORM, RESULT_FORM = "JBPAYOUT1", "JBRESULT1"
MOST: Final = 100_000
"""Credits of one file."""
_MOST_FEN: Final = 999_999_999_999
_HEAD_CELLS, _CELLS = 7, 4
_PAN_DIGITS: Final = range(13, 20)


class Wrong(NamedTuple):
    """What is wrong with a file, and in which line."""

    line: int
    reason: str


class PayoutFileError(ValueError):
    """A file that is refused as a whole; `wrong` has everything that was found."""

    def __init__(self, wrong: list[Wrong]) -> None:
        """Keep what was found."""
        self.wrong = wrong
        super().__init__("; ".join(f"line {line}: {reason}" for line, reason in wrong))


class PayoutFile(NamedTuple):
    """A good file: who pays, from which fund, of which day, and to whom."""

    agency: str
    fund: str
    day: str
    payouts: tuple[Payout, ...]


def read(text: str, funds: Mapping[str, Fund], agency: str) -> PayoutFile:
    """Return what a file asks for; PayoutFileError if anything is wrong with it."""
    lines = text.splitlines()
    wrong: list[Wrong] = []
    head = lines[0].split(",") if lines else []
    if len(head) != _HEAD_CELLS or head[:2] != ["H", FORM]:
        reason = f"should be H,{FORM},agency,fund,YYYYMMDD,count,sum in fen"
        raise PayoutFileError([Wrong(1, reason)])
    fund = head[3]
    wrong += (Wrong(1, reason) for reason in _head_faults(head, funds, agency))
    payouts: list[Payout] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines[1:], 2):
        cells = line.split(",")
        reason = _row_fault(cells)
        if not reason and cells[1] in seen:
            reason = f"payment {cells[1]} is in line {seen[cells[1]]} already"
        if reason:
            wrong.append(Wrong(number, reason))
            continue
        seen[cells[1]] = number
        payouts.append(Payout(cells[1], cells[2], int(cells[3]), fund))
    if not wrong:
        wrong += (Wrong(1, reason) for reason in _sum_faults(head, payouts))
    if wrong:
        raise PayoutFileError(wrong)
    return PayoutFile(head[2], fund, head[4], tuple(payouts))


def _head_faults(head: list[str], funds: Mapping[str, Fund], agency: str) -> Iterable[str]:
    if head[2] != agency:
        yield f"agency {head[2]!r} is not {agency}, the social-security host of banks.toml"
    if head[3] not in funds:
        yield f"fund {head[3]!r} is none of {', '.join(funds) or 'no funds at all'}"
    try:
        date.fromisoformat(head[4])
    except ValueError:
        yield f"{head[4]!r} is no day YYYYMMDD"
    if not (_is_number(head[5]) and _is_number(head[6])):
        yield "count and sum should be digits"


def _sum_faults(head: list[str], payouts: list[Payout]) -> Iterable[str]:
    fen = sum(payout.amount_fen for payout in payouts)
    if not payouts:
        yield "there is no payment"
    if len(payouts) > MOST:
        yield f"there are {len(payouts)} payments, at most {MOST}"
    if int(head[5]) != len(payouts):
        yield f"the head says {head[5]} payments, there are {len(payouts)}"
    if int(head[6]) != fen:
        yield f"the head says {head[6]} fen, the payments are {fen}"


def _row_fault(cells: list[str]) -> str:
    if len(cells) != _CELLS or cells[0] != "P":
        return "should be P,payment number,card,amount in fen"
    _, number, pan, fen = cells
    if not (_is_number(number) and len(number) == NUMBER_DIGITS):
        return f"a payment number has {NUMBER_DIGITS} digits"
    if not (_is_number(pan) and len(pan) in _PAN_DIGITS and is_luhn_valid(pan)):
        return f"payment {number}: the card's number is none"
    if not (_is_number(fen) and 0 < int(fen) <= _MOST_FEN):
        return f"payment {number}: the amount is no number of fen above 0"
    return ""


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def write(agency: str, fund: str, day: str, payouts: Iterable[Payout]) -> str:
    """Return a file of pay-outs."""
    rows = list(payouts)
    fen = sum(each.amount_fen for each in rows)
    head = f"H,{FORM},{agency},{fund},{day},{len(rows)},{fen}"
    lines = [f"P,{each.number},{each.pan},{each.amount_fen}" for each in rows]
    return "\n".join((head, *lines)) + "\n"


def result(file: PayoutFile, outcomes: Mapping[str, Outcome]) -> str:
    """Return the result file: a head with counts and sums, and a line for each credit."""
    paid = [each for each in file.payouts if outcomes[each.number].status == "paid"]
    others = [each for each in file.payouts if outcomes[each.number].status != "paid"]
    sums = (f"{len(rows)},{sum(each.amount_fen for each in rows)}" for rows in (paid, others))
    lines = [f"H,{RESULT_FORM},{file.agency},{file.fund},{file.day},{','.join(sums)}"]
    for each in file.payouts:
        told = outcomes[each.number]
        lines.append(
            f"P,{each.number},{mask_pan(each.pan)},{each.amount_fen},{told.status},"
            f"{told.code},{told.rrn}"
        )
    return "\n".join(lines) + "\n"
