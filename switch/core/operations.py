"""What the core asks of the ledger, and what the ledger stores: values only.

Operations are submitted in batches and decided in order. Each carries an attempt number (process
incarnation and counter): the same attempt again gets the first result, so every operation may be
submitted twice. What comes of them is in `outcomes`. What a ledger stores is `array_like`: a new
field goes to the end and has a default.
"""

from __future__ import annotations

import msgspec

from switch.core.batches.values import AddDetails, EndBatch, SettleBatch
from switch.core.social.bill import Bill, BillState
from switch.core.transaction import State

ATTEMPT_BITS = 40
"""An attempt is `incarnation << ATTEMPT_BITS | counter`."""


class TransactionKey(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """What makes a request the same request (house rule: never the receipt day).

    `bucket` is 0-1023 by keyed hash of the PAN, `card` the 16-byte keyed hash itself; `date` is
    DE 13 only where the terminal sent it, else empty.
    """

    bucket: int
    card: bytes
    terminal: str
    merchant: str
    batch: str
    stan: str
    date: str


class CapCheck(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The cap that an amount is held against: inclusive limit in fen.

    `day` is YYYYMMDD in the years of its counter (`counted_day`): withdrawals have years as they
    are.
    """

    day: int
    limit_fen: int


class Taking(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a void, refund or completion takes of its original: of which one, and how many fen.

    A void or a completion takes all of it, so that nothing else can. `before_fen` is what others
    had taken when it was priced: with anything else by now it is priced anew; -1: it is no matter.
    `frees` is a void: once approved, its original has taken nothing of *its* original.
    """

    of: TransactionKey
    fen: int
    before_fen: int = -1
    frees: bool = False


class Answer(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is kept of an answer, enough to say it again: DE 12, 13, 15, 37, 38, 39, 54."""

    time: str
    date: str
    settlement_date: str
    rrn: str
    authorisation: str
    code: str
    balances: str


class ReversalPlan(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The identity of a 0420 or 0220, decided once and kept for every repeat.

    `stan` and `transmission` are its DE 11 and DE 7, `reason` DE 60.1, `due_ms` when it may first
    be sent, `expires_ms` when it becomes a manual case (UTC).
    """

    stan: str
    transmission: str
    reason: str
    due_ms: int
    expires_ms: int


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the ledger keeps of a transaction besides its key and state.

    No clear card data: `shown_card` is first six + last four, `sealed` the encrypted PAN, expiry,
    sequence number and reversal tags. `trace` holds the numbers of the rules that decided.
    `original` and `authorisation` are DE 90 and 38 of what takes of another. `fee_fen` is DE 28,
    negative where it is given back; `fee_rules` are the rows of its quote, `legs` those that move
    money: initials of payer and payee, and fen (`fees.quote.Stored`).
    """

    kind: str
    amount_fen: int
    shown_card: str
    sealed: bytes
    rrn: str
    link: str
    link_stan: str
    transmission: str
    issuer: str
    acquirer: str
    clearing_day: int
    opened_ms: int
    time: str
    date: str
    mti: str
    processing_code: str
    entry_mode: str
    condition_code: str
    configuration: int
    trace: bytes
    original: str = ""
    authorisation: str = ""
    fee_fen: int = 0
    fee_rules: str = ""
    legs: tuple[tuple[str, int], ...] = ()


class Row(msgspec.Struct, kw_only=True, frozen=True, array_like=True, gc=False):
    """A transaction as the ledger holds it. `reason` is why it has its state (a reason name).

    The attempts are those of its `Open`, `Close` and first `Reverse`; 0 where there was none.
    `taken_fen` is what others have taken of it or are about to: it is 0 unless it is APPROVED.
    `bill` is its second leg, at the social-security host.
    """

    key: TransactionKey
    fingerprint: bytes
    state: State
    record: Record
    cap: CapCheck | None
    attempt: int
    close_attempt: int = 0
    reverse_attempt: int = 0
    incarnation: int
    reason: str = ""
    answer: Answer | None = None
    plan: ReversalPlan | None = None
    is_reversible: bool = True
    taking: Taking | None = None
    taken_fen: int = 0
    bill: Bill | None = None
    linked: tuple[TransactionKey, ...] = ()
    """Of a transfer its debit and its credit, of each of these the transfer."""


class Session(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A terminal's session: it belongs to the TID, not to a connection.

    `sealed_keys` are the working keys under the local master key; `version` grows by one with
    every sign-on, so that a process knows whether its own copy is old.
    """

    terminal: str
    batch: int
    is_batch_open: bool
    is_signed_on: bool
    sealed_keys: bytes
    version: int
    attempt: int
    downloads: tuple[tuple[str, int], ...] = ()
    """Which version of each download the terminal has."""


class RefusalKey(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """What refusals of one kind have in common; only a process counts under its incarnation.

    `day` is that of receipt (YYYYMMDD), `merchant` the service point and `issuer` the card's bank,
    empty where neither was known yet; `code` is DE 39 as it was said, `reason` our name for it.
    """

    day: int
    incarnation: int
    merchant: str
    issuer: str
    code: str
    reason: str


class Advice(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """A queued 0420 or 0220: the row it reverses or advises, and how its delivery stands."""

    row: Row
    tries: int
    due_ms: int
    owner: int


# ---------------------------------------------------------------------------------- operations


class Open(msgspec.Struct, frozen=True, gc=False):
    """Repeat check, cap hold, what it takes of its original, and intent in one step.

    With a `plan` it is an advice: it is ADVISED and queued at once, with what its terminal is told.
    Done: Opened. Refused: Repeated, Clashed, CapExceeded, Forestalled, OriginalNotFound, Spent,
    Overtaken.
    """

    attempt: int
    key: TransactionKey
    fingerprint: bytes
    record: Record
    cap: CapCheck | None
    incarnation: int
    is_reversible: bool = True
    taking: Taking | None = None
    plan: ReversalPlan | None = None
    answer: Answer | None = None
    bill: Bill | None = None
    linked: tuple[TransactionKey, ...] = ()
    """Of a transfer (which has a plan, and is MOVING and queued at once) its two legs, of a leg its
    transfer."""


class Close(msgspec.Struct, frozen=True, gc=False):
    """The outcome of an open transaction, compared with the incarnation that holds it.

    `state` is APPROVED, DECLINED, UNSENT or IN_DOUBT; IN_DOUBT brings its 0420 (`plan`) for a
    reversible transaction, and turns an approval that nobody was told into a reversal. Done:
    Closed. Refused: Superseded (it has another outcome), Fenced (another incarnation took it over),
    Missing.
    """

    attempt: int
    key: TransactionKey
    incarnation: int
    state: State
    reason: str
    answer: Answer | None
    plan: ReversalPlan | None
    clearing_day: int = 0
    """YYYYMMDD where a clearing centre said another than the one it was opened with."""
    bill: BillState | None = None
    """What its bill becomes, where that is not what follows from `state`."""
    told: str = ""
    """What the host said of the bill."""


class Launch(msgspec.Struct, frozen=True, gc=False):
    """The credit of a transfer goes on its way: CREDITING, and queued with the plan of its message.

    Durable before its first byte is sent, and from then on it is repeated and never given up
    unsent. Done: Closed. Refused: Superseded, Fenced, Missing, as for a Close.
    """

    attempt: int
    key: TransactionKey
    incarnation: int
    plan: ReversalPlan


class Reroute(msgspec.Struct, frozen=True, gc=False):
    """Another link for an open transaction of which nothing was sent; durable before it is sent.

    Done: Closed (the row as it is). Refused: Superseded, Fenced, Missing, as for a Close.
    """

    attempt: int
    key: TransactionKey
    incarnation: int
    link: str
    trace: bytes


class Reverse(msgspec.Struct, frozen=True, gc=False):
    """A terminal's reversal (0400) of the transaction with this key.

    Done: ReversalQueued, NothingToReverse. Refused: OriginalNotFound (remembered: the original is
    FORESTALLED if it comes later), NotReversible.
    """

    attempt: int
    key: TransactionKey
    incarnation: int
    reason: str
    plan: ReversalPlan
    record: Record
    """Of the reversal itself: kept only when the original is unknown."""


class FindOriginal(msgspec.Struct, frozen=True, gc=False):
    """The transaction with this key. Done: Found. Refused: OriginalNotFound."""

    attempt: int
    key: TransactionKey


class FindByRrn(msgspec.Struct, frozen=True, gc=False):
    """The transaction with this RRN (DE 37). Done: Found. Refused: OriginalNotFound."""

    attempt: int
    rrn: str


class SignOn(msgspec.Struct, frozen=True, gc=False):
    """A sign-on: keeps an open batch, gives the next number otherwise. Done: SessionIs.

    `batch` is what the terminal itself had (DE 60.2): one that is new here goes on from it.
    """

    attempt: int
    terminal: str
    sealed_keys: bytes
    batch: int = 0


class SignOff(msgspec.Struct, frozen=True, gc=False):
    """A sign-off: the session ends, the batch stays. Done: SessionIs."""

    attempt: int
    terminal: str


class NoteDownload(msgspec.Struct, frozen=True, gc=False):
    """A terminal has all of a download, of this version. Done: SessionIs."""

    attempt: int
    terminal: str
    name: str
    version: int


class LoadSession(msgspec.Struct, frozen=True, gc=False):
    """The terminal's session as it is now. Done: SessionIs (None where it never signed on)."""

    attempt: int
    terminal: str


class LeaseNumbers(msgspec.Struct, frozen=True, gc=False):
    """A block of numbers that no other process ever gets. Done: NumbersLeased.

    `name` is `stan` or `rrn`; numbers count from 1 and never start again.
    """

    attempt: int
    name: str
    count: int


class Enlist(msgspec.Struct, frozen=True, gc=False):
    """A new incarnation with a lease until `until_ms`. Done: Enlisted."""

    attempt: int
    nonce: bytes
    now_ms: int
    until_ms: int


class Renew(msgspec.Struct, frozen=True, gc=False):
    """A longer lease. Done: Renewed. Refused: Fenced (the lease had ended and was taken over)."""

    attempt: int
    incarnation: int
    until_ms: int


class TakeOver(msgspec.Struct, frozen=True, gc=False):
    """Intents of incarnations whose lease ended before `now_ms` become ours.

    Done: TakenOver, with at most `limit` open rows that must now be closed as in doubt: ask again
    until there are none. Their advices become ours as they are claimed.
    """

    attempt: int
    incarnation: int
    now_ms: int
    limit: int


class Claim(msgspec.Struct, frozen=True, gc=False):
    """Advices of ours, or of nobody alive, that are due at `now_ms`. Done: Claimed.

    Each claimed one counts a try and is due again `retry_ms[tries]` later (the last value for all
    further tries).
    """

    attempt: int
    incarnation: int
    now_ms: int
    retry_ms: tuple[int, ...]
    limit: int


class Acknowledge(msgspec.Struct, frozen=True, gc=False):
    """The end of a queued 0420: REVERSED (hold released) or REVERSAL_EXPIRED (hold kept).

    That of a queued 0220 or credit: APPROVED or ADVICE_EXPIRED, of a credit or a transfer also
    DECLINED. A case that expired may be given another
    reason, or end after all (a 0220 also as DECLINED). Done: Closed. Refused: Missing.
    """

    attempt: int
    key: TransactionKey
    state: State
    reason: str
    answer: Answer | None = None
    """What an issuer said of a credit, or what the terminal of a transfer is told."""


class SettleBill(msgspec.Struct, frozen=True, gc=False):
    """What the host answered (`told`) to what is queued about a bill.

    `state` is CONFIRMED, CANCELLED or PERSON; CANCELLING with a `plan` where it refused to confirm,
    and the debit must be reversed. Done: Closed. Refused: Superseded (another word came between),
    Missing.
    """

    attempt: int
    key: TransactionKey
    state: BillState
    told: str
    plan: ReversalPlan | None = None


class Hasten(msgspec.Struct, frozen=True, gc=False):
    """A queued advice is due at `due_ms`, if it was due later.

    Done: Closed. Refused: Missing.
    """

    attempt: int
    key: TransactionKey
    due_ms: int


class Resolve(msgspec.Struct, frozen=True, gc=False):
    """What became of an Open, Close or Reverse whose outcome was unknown. Done: Resolved.

    An attempt that is not done is fenced: should it still arrive, it is refused as Fenced. Other
    operations are simply submitted again with the same attempt.
    """

    attempt: int
    of: int
    key: TransactionKey


class CountRefusals(msgspec.Struct, frozen=True, gc=False):
    """How many requests a process has refused that no row tells of: whole counts, never parts.

    So that it may come twice, or late: of two counts under one key the greater stands.
    Done: Counted.
    """

    attempt: int
    counts: tuple[tuple[RefusalKey, int], ...]


class Totals(msgspec.Struct, frozen=True, gc=False):
    """Sums over everything, for books and checks. Done: TotalsAre."""

    attempt: int


Operation = (
    Open
    | Close
    | Launch
    | Reroute
    | Reverse
    | FindOriginal
    | FindByRrn
    | SignOn
    | SignOff
    | NoteDownload
    | LoadSession
    | LeaseNumbers
    | Enlist
    | Renew
    | TakeOver
    | Claim
    | Acknowledge
    | SettleBill
    | Hasten
    | Resolve
    | CountRefusals
    | Totals
    | SettleBatch
    | AddDetails
    | EndBatch
)
