"""A terminal's request as it was read, and the transaction that it becomes.

Both live in memory only, from a frame to its answer; what must last is in `operations`.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from fees.quote import Quote
from messages.crypto.keys import Pik, Tdk
from messages.crypto.mac import MacAlgorithm
from messages.dialects.dialect import TransactionRule
from messages.errors import DecodeError
from messages.view import View
from routing.choose import IsUsable
from routing.table import NOWHERE, Candidate, Way
from switch.core.configuration import CardRange, Configuration, Issuer, Terminal
from switch.core.errors import InvariantBroken
from switch.core.moment import Local
from switch.core.operations import (
    CapCheck,
    Record,
    Row,
    Taking,
    TransactionKey,
)
from switch.core.rules import Rule
from switch.core.social.bill import Bill
from switch.core.transaction import TRANSITIONS, State


class Foreseen(msgspec.Struct, kw_only=True, gc=False):
    """What may be known of a request before its turn: the key that proved its MAC, who it is."""

    proven: MacAlgorithm | None = None
    key: TransactionKey | None = None
    fingerprint: bytes = b""


class Request(Foreseen, gc=False):
    """The texts of a terminal's message, None for what it does not have; DE in the comments.

    `connection` is where the answer goes: a repeat may move it. `frame` has no length prefix.
    """

    connection: int
    dialect: int  # which of the terminals' dialects
    frame: bytes
    view: View
    mti: str
    pan: str | None  # 2
    processing_code: str | None  # 3
    amount: str | None  # 4
    stan: str | None  # 11
    date: str | None  # 13
    expiry: str | None  # 14
    entry_mode: str | None  # 22
    card_sequence: str | None  # 23
    condition_code: str | None  # 25
    pin_capture: str | None  # 26
    track_2: str | None  # 35
    track_3: str | None  # 36
    code: str | None  # 39
    terminal: str | None  # 41
    merchant: str | None  # 42
    currency: str | None  # 49
    pin_block: str | None  # 52
    security: str | None  # 53
    chip: str | None  # 55
    private_60: str | None  # 60
    transaction_code: str | None  # 60.1
    batch: str | None  # 60.2
    network_code: str | None  # 60.3
    read_capability: str | None  # 60.4
    ic_condition: str | None  # 60.5

    def __repr__(self) -> str:
        return f"Request({self.mti}, terminal={self.terminal}, stan={self.stan})"

    def value(self, path: str) -> str | None:
        """Return a value by its path; None where it is not there, or holds what it may not."""
        name = _MATCHED.get(path)
        if name is not None:
            text: str | None = getattr(self, name)
            return text
        try:
            return self.view.text(int(path)) if self.view.has(int(path)) else None
        except DecodeError:
            return None


_MATCHED = {
    "3": "processing_code",
    "25": "condition_code",
    "60.1": "transaction_code",
    "60.3": "network_code",
}

READ = (
    2,
    3,
    4,
    11,
    13,
    14,
    22,
    23,
    25,
    26,
    35,
    36,
    39,
    41,
    42,
    49,
    52,
    53,
    55,
    60,
    "60.1",
    "60.2",
    "60.3",
    "60.4",
    "60.5",
)
"""The selection that fills `Request` after `mti`, in its order."""


_NO_PAYLOAD: dict[str, str] = {}


class TerminalKeys(msgspec.Struct, gc=False):
    """A terminal's session in memory: the ledger's version of it, and its keys made ready."""

    version: int
    batch_text: str
    """DE 60.2: the open batch in 6 digits."""
    is_signed_on: bool
    pik: Pik | None
    mac: MacAlgorithm | None
    tdk: Tdk | None = None
    asks: str = ""
    """The processing request of answers: what the terminal is asked to download."""


class Payee(msgspec.Struct, gc=False):
    """Who is paid by a transfer: account, bank, and the line towards it, None while none is up."""

    pan: str
    issuer: Issuer
    way: Way
    line: Candidate | None

    def __repr__(self) -> str:
        return f"Payee({self.issuer.id})"


class Part(msgspec.Struct, gc=False):
    """What is known of a transfer, or of a leg of one, besides what every transaction has.

    Of a leg: `linked` is its transfer, `then` goes on when it is over (no terminal is told of it),
    and `row` is how the ledger has it by then, None where it was not opened or is lost. Of a
    transfer: `late` is called when its terminal was told that nobody knows.
    """

    payee: Payee | None = None
    linked: tuple[TransactionKey, ...] = ()
    then: Callable[[Transaction], None] | None = None
    row: Row | None = None
    late: Callable[[], None] | None = None

    def __repr__(self) -> str:
        return f"Part({self.payee!r})"


class Transaction:
    """A financial request on its walk; one object from its frame to its answer."""

    __slots__ = (
        "acquirer",
        "amount_fen",
        "answer_due_ns",
        "answered",
        "asks",
        "attempt",
        "bill",
        "cap",
        "card",
        "clearing_day",
        "configuration",
        "fingerprint",
        "is_reversed",
        "is_usable",
        "issuer",
        "issuer_chip",
        "issuer_id",
        "key",
        "line",
        "lines",
        "link",
        "link_pik",
        "local",
        "mac",
        "original",
        "part",
        "payload",
        "pik",
        "promised",
        "quote",
        "received_ns",
        "record",
        "request",
        "rrn",
        "rule",
        "stan",
        "state",
        "tail",
        "taking",
        "tdk",
        "terminal",
        "ticket",
        "trace",
        "translated_pin",
        "transmission",
        "way",
    )

    def __init__(
        self, ticket: int, request: Request, configuration: Configuration, received_ns: int
    ) -> None:
        """Begin the walk; every stop fills in what it finds."""
        self.ticket = ticket
        self.request = request
        self.configuration = configuration
        self.received_ns = received_ns
        self.answer_due_ns = received_ns + configuration.timers.answer_ms * 1_000_000
        self.state = State.OPENING
        self.trace: list[Rule] = []
        self.is_reversed = False
        self.promised = False
        """Whether a number is kept for its reversal."""
        self.answered = self.asks = self.acquirer = ""
        self.mac: MacAlgorithm | None = None
        self.pik: Pik | None = None
        self.tdk: Tdk | None = None
        self.terminal: Terminal
        self.card: CardRange
        self.issuer: Issuer
        self.issuer_id = ""
        """DE 44: once the issuer is chosen."""
        self.link = ""
        """The link that leads to the issuer, by name."""
        self.original: Row | None = None
        """What it takes of, once that is found."""
        self.taking: Taking | None = None
        self.rule: TransactionRule
        self.local: Local
        self.amount_fen = self.clearing_day = 0
        self.quote: Quote | None = None
        self.cap: CapCheck | None = None
        self.key: TransactionKey
        self.fingerprint = b""
        self.record: Record
        self.attempt = 0
        self.rrn = self.stan = self.transmission = self.lines = ""
        self.tail = ""
        """DE 60 of its interbank messages, but for the reason at its head."""
        self.translated_pin: str | None = None
        self.link_pik: Pik | None = None
        """The key of a link under which `translated_pin` is."""
        self.is_usable: IsUsable = _unasked
        """Tells whether a link takes messages now."""
        self.way = NOWHERE
        self.line: Candidate | None = None
        """The line that was chosen; None where none of the way's can be used."""
        self.issuer_chip: str | None = None
        # Of a social service: its leg at the host, what it carries by tag, and DE 62 of its answer.
        self.bill: Bill | None = None
        self.payload = _NO_PAYLOAD
        self.part: Part | None = None
        """What only a transfer and its legs have."""

    def move(self, state: State) -> None:
        """Go to a state that may follow; raises InvariantBroken for any other."""
        if state not in TRANSITIONS[self.state]:
            raise InvariantBroken(f"{self.state.name} cannot become {state.name}")
        self.state = state

    def __repr__(self) -> str:
        return f"Transaction({self.ticket}, {self.state.name})"


def _unasked(link: str) -> bool:
    """Stand in until the links are at hand."""
    raise InvariantBroken(f"link {link} was asked for before the walk")
