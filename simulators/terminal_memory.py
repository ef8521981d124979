"""What a simulated terminal keeps when its power fails (simulators), and what it reports.

Reversals hold card data for the wire, so nothing here prints its fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from messages.crypto.keys import Mak, Pik, Tdk
from messages.crypto.mac import MacAlgorithm
from simulators.cards import Card


class Kind(StrEnum):
    """What a terminal can be asked to do."""

    SIGN_ON = "sign_on"
    SIGN_OFF = "sign_off"
    ECHO = "echo"
    BALANCE = "balance"
    WITHDRAWAL = "withdrawal"
    SALE = "sale"
    PAYMENT = "payment"
    TRANSFER = "transfer"
    REMITTANCE = "remittance"
    VOID = "void"
    REFUND = "refund"
    AUTHORISATION = "authorisation"
    AUTHORISATION_VOID = "authorisation_void"
    COMPLETION = "completion"
    COMPLETION_VOID = "completion_void"
    COMPLETION_ADVICE = "completion_advice"
    REVERSAL = "reversal"
    SOCIAL_INQUIRY = "social_inquiry"
    BENEFIT_INQUIRY = "benefit_inquiry"
    CONTRIBUTION = "contribution"
    MEDICAL = "medical"
    RECONCILIATION = "reconciliation"
    PRODUCT_INQUIRY = "product_inquiry"
    BOND = "bond"
    WEALTH = "wealth"
    REMOTE_PURCHASE = "remote_purchase"
    SETTLEMENT = "settlement"
    UPLOAD = "upload"
    BATCH_END = "batch_end"
    SCRIPT_RESULT = "script_result"
    """It tells of a card's scripts by itself, and downloads what an answer's header asks for."""
    DOWNLOAD = "download"


class Verdict(StrEnum):
    """How it ended, as the terminal knows it."""

    APPROVED = "approved"
    DECLINED = "declined"
    UNBALANCED = "unbalanced"
    """Of a settlement: the totals are not those of the switch; details follow."""
    NO_ANSWER = "no_answer"
    LINE_LOST = "line_lost"
    MAC_WRONG = "mac_wrong"
    ANSWER_WRONG = "answer_wrong"
    KEYS_WRONG = "keys_wrong"
    CHIP_REFUSED = "chip_refused"
    NOT_DONE = "not_done"
    GIVEN_UP = "given_up"
    """A reversal that is not sent any more."""


class Reverses(StrEnum):
    """When a terminal sends a reversal that it owes."""

    BY_THE_RULES = "by_the_rules"
    """Before its next financial transaction."""
    EARLY = "early"
    """While the original is still in flight."""
    LATE = "late"
    """After other transactions."""
    NEVER = "never"


class Entry(StrEnum):
    """How a card is read."""

    CHIP = "chip"
    STRIPE = "stripe"
    CONTACTLESS = "contactless"


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """How a terminal treats one request; the default is what the rules ask for.

    `repeats` copies follow the request, each `repeat_ms` after the one before. A reversal comes
    `reversal_ms` after the request where it is early, and as much after its cause where late.
    """

    repeats: int = 0
    repeat_ms: int = 2_000
    reverses: Reverses = Reverses.BY_THE_RULES
    reversal_ms: int = 1_000
    uses_old_batch: bool = False


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do. Amounts in fen; `code` is DE 60.1, DE 39 of a reversal, 60.3 of a sign-on.

    `of` is the slip of what a void, refund or completion is about, `payee` whom a transfer pays.
    """

    kind: Kind
    card: Card | None = None
    amount_fen: int = 0
    code: str = ""
    habits: Habits = Habits()
    of: Slip | None = None
    content: str = ""
    """DE 48 of an upload or a batch end, DE 62 of a service."""
    payee: Card | None = None
    channel: str = ""
    """A bank's own channel, of `requests.CHANNELS`; empty at a service point."""
    entry: Entry = Entry.CHIP


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How a job or a reversal ended. `balance_fen` is DE 54 where the answer had it."""

    kind: Kind
    verdict: Verdict
    code: str = ""
    stan: str = ""
    batch: str = ""
    amount_fen: int = 0
    shown_card: str = ""
    rrn: str = ""
    authorisation: str = ""
    balance_fen: int | None = None
    fee_fen: int = 0
    of: str = ""
    """Which download or upload, or what the card did with its scripts (DF31)."""
    told: dict[str, str] = {}
    """The tags of field 62 in the answer to a social service."""


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """A printed slip of what was approved: of a withdrawal, cash was paid out.

    `code` is DE 60.1.
    """

    terminal: str
    batch: str
    stan: str
    rrn: str
    authorisation: str
    amount_fen: int
    shown_card: str
    date: str
    time: str
    kind: Kind = Kind.WITHDRAWAL
    code: str = ""
    fee_fen: int = 0
    """The fee that the answer names in DE 63.2.3: it is printed."""
    of: str = ""
    """Of a void, the RRN of what it voids."""


class Owed(msgspec.Struct, kw_only=True):
    """A reversal record: stored before its original is sent, deleted by an acceptable answer.

    `fields` are those of the original; `due_ns` is None while the original may still be answered.
    """

    fields: dict[int, str]
    amount_fen: int
    shown_card: str
    reverses: Reverses
    delay_ns: int
    kind: Kind = Kind.WITHDRAWAL
    reason: str = "98"
    tries: int = 0
    due_ns: int | None = None
    day: int = 0
    """When it was recorded, YYYYMMDD."""

    def __repr__(self) -> str:
        return f"Owed({self.stan}, {self.reason}, {self.tries} tries)"

    @property
    def stan(self) -> str:
        """DE 11 of the original, which the reversal repeats."""
        return self.fields[11]

    @property
    def batch(self) -> str:
        """DE 60.2 of the original, which the reversal repeats."""
        return self.fields[60][2:8]


class Telling(msgspec.Struct, kw_only=True):
    """A script result that is to be told: the fields of its 0620, and what the card did."""

    fields: dict[int, str]
    results: str
    tries: int = 0

    def __repr__(self) -> str:
        return f"Telling({self.fields[11]}, {self.results}, {self.tries} tries)"


class Uploaded(msgspec.Struct, kw_only=True):
    """What a chip said last, which is uploaded at the end of the batch: the fields of its 0320."""

    fields: dict[int, str]
    tries: int = 0

    def __repr__(self) -> str:
        return f"Uploaded({self.fields[11]}, {self.tries} tries)"


class Unresolved(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction whose outcome the terminal never learned, kept for reconciliation."""

    terminal: str
    batch: str
    stan: str
    amount_fen: int
    why: str


class Memory:
    """The battery-backed state of a terminal."""

    __slots__ = (
        "batch", "downloads", "is_signed_on", "mac", "mak", "owed", "pik", "slips", "stan", "tdk",
        "tellings", "unresolved", "uploads", "voided",
    )  # fmt: skip

    def __init__(self, batch: int = 1, stan: int = 1) -> None:
        """Begin like a terminal from the box; `stan` is the next to be used."""
        self.batch = batch
        self.stan = stan
        self.is_signed_on = False
        self.pik: Pik | None = None
        self.mak: Mak | None = None
        self.mac: MacAlgorithm | None = None
        self.tdk: Tdk | None = None
        self.owed: list[Owed] = []
        self.slips: list[Slip] = []
        self.voided: list[Slip] = []
        self.unresolved: list[Unresolved] = []
        self.tellings: list[Telling] = []
        self.uploads: list[Uploaded] = []
        self.downloads: dict[str, tuple[str, ...]] = {}

    def leave(self, terminal: str, fields: Mapping[int, str], why: str) -> None:
        """Leave a transaction, by the fields of its request, to reconciliation."""
        self.unresolved.append(
            Unresolved(
                terminal=terminal,
                batch=fields[60][2:8],
                stan=fields[11],
                amount_fen=int(fields[4]),
                why=why,
            )
        )


_BALANCE: Final = 20
"""Characters of one balance in DE 54."""


def balance_fen(balances: str) -> int | None:
    """Return the first balance of DE 54: type 2 + 2, currency 3, sign C or D, amount 12."""
    if len(balances) < _BALANCE:
        return None
    amount = int(balances[8:_BALANCE])
    return -amount if balances[7] == "D" else amount
