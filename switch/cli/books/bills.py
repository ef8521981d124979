"""The second leg of a payment in words (switch/cli): its bill at the social-security host.

The keys of the object are a public contract, as those of the transaction are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from messages.dialects.dialect import Dialect, Words
from switch.cli.books.words import both, is_said_by_hand
from switch.core.operations import Row
from switch.core.social.bill import BillState, is_owed

BILLS: Final[Mapping[BillState, Words]] = {
    BillState.RESERVING: Words("reserved, or being reserved", "锁定中"),
    BillState.CONFIRMING: Words("debited, being confirmed", "已扣款，正在确认"),
    BillState.CONFIRMED: Words("confirmed by the host", "社保主机已确认"),
    BillState.CANCELLING: Words("nothing debited, being cancelled", "未扣款，正在取消"),
    BillState.CANCELLED: Words("let go by the host", "社保主机已释放"),
    BillState.PERSON: Words("a person must look: the host would not cancel it", "须人工处理"),
}
"""Every state of a bill as a person reads it."""


def bill_of(row: Row, dialect: Dialect) -> dict[str, Any] | None:
    """Return the bill of a transaction, None for one that has none; codes are of `dialect`."""
    bill = row.bill
    if bill is None:
        return None
    words, by_host = BILLS[bill.state], bill.told and not is_said_by_hand(bill.told)
    said = dialect.response(bill.told).words if by_host else None
    return {
        "number": bill.number,
        "service": bill.service,
        "link": bill.link,
        "state": bill.state.name,
        "words": {"en": words.en, "zh": words.zh},
        "told": bill.told,
        "told_words": {"en": said.en, "zh": said.zh} if said else None,
        "queued": is_owed(row.state, bill),
    }


def bill_lines(row: Row, dialect: Dialect) -> list[tuple[str, str]]:
    """Return the same as pairs of a label and a line."""
    bill = row.bill
    if bill is None:
        return []
    found = [
        ("bill", f"{bill.number} ({bill.service}) over link {bill.link}"),
        ("", f"{bill.state.name}: {both(BILLS[bill.state])}"),
    ]
    if is_said_by_hand(bill.told):
        found.append(("", bill.told))
    elif bill.told:
        found.append(("", f"the host said {bill.told} {both(dialect.response(bill.told).words)}"))
    if is_owed(row.state, bill):
        found.append(("", "queued: the host is told until it answers"))
    return found
