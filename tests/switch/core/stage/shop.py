"""Every ordinary transaction on the stage: sales, payments, voids, refunds, authorisations."""

from __future__ import annotations

from typing import Final

from switch.core.operations import Row
from tests.switch.core.stage import Stage

KINDS: Final = {
    "rural_withdrawal": ("0200", "010000", "00", "70"),
    "balance_inquiry": ("0200", "310000", "00", "01"),
    "social_balance_inquiry": ("0200", "310000", "00", "71"),
    "sale": ("0200", "000000", "00", "22"),
    "social_sale": ("0200", "000000", "00", "73"),
    "bill_payment": ("0200", "500000", "00", "72"),
    "sale_void": ("0200", "200000", "00", "23"),
    "social_void": ("0200", "200000", "00", "79"),
    "refund": ("0220", "200000", "00", "25"),
    "pre_authorisation": ("0100", "030000", "06", "10"),
    "pre_authorisation_void": ("0100", "200000", "06", "11"),
    "completion": ("0200", "000000", "06", "20"),
    "completion_void": ("0200", "200000", "06", "21"),
    "completion_advice": ("0220", "000000", "06", "24"),
}
"""MTI, DE 3, DE 25 and DE 60.1."""
ORIGINALS: Final = {
    "sale_void": "sale",
    "social_void": "bill_payment",
    "refund": "sale",
    "pre_authorisation_void": "pre_authorisation",
    "completion": "pre_authorisation",
    "completion_advice": "pre_authorisation",
    "completion_void": "completion",
}
"""What takes of what."""
REVERSIBLE: Final = tuple(
    kind for kind, codes in KINDS.items() if codes[0] != "0220" and codes[1] != "310000"
)


def ask(
    stage: Stage, kind: str, stan: str, original: str | None = None, **changes: str | None
) -> bytes:
    """Send a request of a kind, about the transaction with the STAN `original`; return its frame.

    `f4` is field 4; None leaves a field out.
    """
    frame = request(stage, kind, stan, original, **changes)
    stage.terminal_says(frame)
    return frame


def request(
    stage: Stage, kind: str, stan: str, original: str | None = None, **changes: str | None
) -> bytes:
    """Return the frame of a request."""
    mti, code, condition, of_60 = KINDS[kind]
    fields: dict[str, str | None] = {
        "f3": code,
        "f25": condition,
        "f55": None,
        "f60": f"{of_60}00000200060",
    }
    if mti == "0220":
        fields |= {"f26": None, "f35": None, "f52": None, "f53": None}
    if code == "310000":
        fields["f4"] = None
    if original is not None:
        row = stage.row(original)
        fields["f4"] = f"{row.record.amount_fen:012d}"
        fields["f37"] = row.record.rrn
        fields["f38"] = (row.answer.authorisation if row.answer is not None else "") or None
        fields["f61"] = f"{row.key.batch}{row.key.stan}{row.record.date}"
    frame = stage.withdrawal(stan, **(fields | changes))
    message = stage.codec.decode(frame, 13)
    return stage.build(mti, message.fields)


def reverse(stage: Stage, kind: str, stan: str, reason: str = "98") -> None:
    """Send the 0400 of a request."""
    _, code, condition, of_60 = KINDS[kind]
    row = stage.row(stan)
    stage.reverse(
        stan,
        f3=code,
        f4=f"{row.record.amount_fen:012d}",
        f25=condition,
        f39=reason,
        f60=f"{of_60}00000200060",
    )


def before(stage: Stage, kind: str, stan: int = 10) -> str | None:
    """Have done whatever a transaction of this kind takes of; return its STAN."""
    original = ORIGINALS.get(kind)
    if original is None:
        return None
    first = before(stage, original, stan + 1)
    ask(stage, original, f"{stan:06d}", first)
    assert stage.code == "00", original
    return f"{stan:06d}"


def row(stage: Stage, stan: str | None) -> Row:
    """Return the ledger's row of a transaction."""
    assert stan is not None
    return stage.row(stan)
