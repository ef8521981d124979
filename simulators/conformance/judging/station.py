"""What the host knows of one terminal under test (simulators/conformance): keys, numbers, debts.

Keys and card data live here and nowhere else; nothing here prints them.
"""

from __future__ import annotations

from typing import Final

import msgspec

from messages.crypto.keys import Mak, Pik, Tdk
from messages.crypto.mac import MacAlgorithm
from simulators.conformance.hearing.heard import Heard
from simulators.conformance.rules.model import Answer

MOST_REMEMBERED: Final = 4_096
"""STANs and transactions that are remembered of one terminal."""


class Keys(msgspec.Struct, frozen=True):
    """The working keys of one sign-on."""

    pik: Pik
    mak: Mak
    tdk: Tdk | None
    mac: MacAlgorithm

    def __repr__(self) -> str:
        return "Keys()"


class Asked(msgspec.Struct, kw_only=True):
    """A request that came, and what the host does with it."""

    heard: Heard
    at_ns: int
    case: str
    answer: Answer
    code: str
    """DE 39 of the answer."""
    is_reversible: bool
    answered_ns: int | None = None
    is_settled: bool = False
    """Whether it was judged if the answer was taken."""
    is_cut: bool = False

    @property
    def stan(self) -> str:
        """DE 11."""
        return self.heard.get("11")

    @property
    def cause(self) -> str:
        """What happened to it, in one word: the code of a refusal, else the kind of answer."""
        if self.answer.kind in {"approve", "decline"}:
            return self.code if self.code != "00" else "approve"
        return self.answer.kind


class Owed(msgspec.Struct, kw_only=True):
    """A reversal that the terminal owes, or sent."""

    asked: Asked
    reasons: tuple[str, ...]
    answer: Answer
    tries: int = 0
    passed_over: int = 0
    is_ended: bool = False
    is_answered: bool = False
    """Whether an answer ended it, so that it must never come again."""

    @property
    def cause(self) -> str:
        """Why it is owed."""
        return self.asked.cause


class Booked(msgspec.Struct, kw_only=True):
    """An approved transaction of the open batch."""

    kind: str
    case: str
    stan: str
    batch: str
    date: str
    rrn: str
    authorisation: str
    amount_fen: int
    pan: str
    opened: str = ""
    """The batch that was open then, whatever the terminal said."""
    is_credit: bool = False
    is_voided: bool = False

    def __repr__(self) -> str:
        return f"Booked({self.kind}, {self.stan})"


class Bill(msgspec.Struct, kw_only=True):
    """A bill that the host named, and what became of it: `paid` is the STAN of its payment."""

    number: str
    to_pay_fen: int
    person: dict[str, str] = {}
    """What the inquiry said of whom and which period, by path."""
    paid: str = ""
    paid_fen: int = 0


class Progress(msgspec.Struct, kw_only=True):
    """How far a case has come with this terminal."""

    state: str = "waiting"
    """`waiting`, `running`, `done`."""
    broken: list[str] = []
    """Requirements that were broken in it."""
    wants: list[str] = []
    """What must still follow."""


class Station:
    """One terminal under test."""

    def __init__(self, tid: str) -> None:
        """Begin with a terminal that has not signed on."""
        self.tid = tid
        self.merchant = ""
        self.keys: Keys | None = None
        self.older: Keys | None = None
        self.poisoned: Keys | None = None
        """Keys that were sent with a wrong check value: nobody may use them."""
        self.batch = ""
        self.is_batch_closed = False
        """Whether the host closed the batch by itself, so that the next sign-on gives another."""
        self.is_signed_on = False
        self.must_sign_on = ""
        self.must_sign_on_case = ""
        self.stans: set[str] = set()
        self.last_stan: int | None = None
        self.out: Asked | None = None
        self.last: Asked | None = None
        """The newest transaction that is neither a reversal nor management."""
        self.owed: list[Owed] = []
        self.book: list[Booked] = []
        self.heads: dict[str, str] = {}
        self.progress: dict[str, Progress] = {}
        self.last_case = ""
        self.uploads: Uploads | None = None
        self.bills: dict[str, Bill] = {}
        """Bills that inquiries were answered with, by number."""

    def __repr__(self) -> str:
        return f"Station({self.tid})"

    def remember_stan(self, stan: str) -> None:
        """Remember that a STAN was used in the open batch."""
        if len(self.stans) < MOST_REMEMBERED:
            self.stans.add(stan)

    def owing(self, stan: str) -> Owed | None:
        """Return the reversal of a request, owed or ended; the newest of them."""
        for owed in reversed(self.owed):
            if owed.asked.stan == stan:
                return owed
        return None

    def open_book(self) -> list[Booked]:
        """Return what was approved in the open batch."""
        return [booked for booked in self.book if booked.opened == self.batch]

    def open_debts(self) -> list[Owed]:
        """Return the reversals that are still owed."""
        return [owed for owed in self.owed if not owed.is_ended]


class Uploads(msgspec.Struct, kw_only=True):
    """A batch upload that was asked for: what came of it."""

    wanted: int
    details: int = 0
    is_ended: bool = False
