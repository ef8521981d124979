"""Operations for the tests of the ledgers, short to write: one card, one terminal, few numbers."""

from __future__ import annotations

from msgspec.structs import replace

from switch.core.batches.values import (
    AddDetails,
    Batch,
    Counting,
    Detail,
    EndBatch,
    SettleBatch,
    Sums,
)
from switch.core.operations import (
    ATTEMPT_BITS,
    Acknowledge,
    Answer,
    CapCheck,
    Claim,
    Close,
    CountRefusals,
    Enlist,
    Launch,
    Open,
    Record,
    RefusalKey,
    ReversalPlan,
    Reverse,
    SettleBill,
    Taking,
    TransactionKey,
)
from switch.core.social.bill import Bill, BillState
from switch.core.transaction import State
from switch.ledger.rows import ReadSet, WriteSet

CARD = bytes(range(16))
BUCKET = 7
DAY = 20140618
LIMIT_FEN = 100_000
LATER_MS = 10**15
"""Later than everything else here."""


def everything(stored: ReadSet) -> WriteSet:
    """Return what would have to be written for all this to be stored."""
    written = WriteSet()
    for name in WriteSet.__slots__:
        getattr(written, name).update(getattr(stored, name))
    return written


def attempt(count: int, incarnation: int = 1) -> int:
    """Return the number of an attempt."""
    return incarnation << ATTEMPT_BITS | count


def key(stan: int = 1, *, card: bytes = CARD, terminal: str = "50010001") -> TransactionKey:
    """Return the key of one of the terminal's requests."""
    return TransactionKey(BUCKET, card, terminal, "999653080110001", "000001", f"{stan:06d}", "")


def record(
    amount_fen: int = 50_000, *, rrn: str = "416900000001", sealed: bytes = b"box"
) -> Record:
    """Return what is kept of a withdrawal."""
    return Record(
        kind="rural-withdrawal",
        amount_fen=amount_fen,
        shown_card="621999******0120",
        sealed=sealed,
        rrn=rrn,
        link="bank",
        link_stan="000777",
        transmission="0618093512",
        issuer="99910000",
        acquirer="99900000",
        clearing_day=DAY,
        opened_ms=1_403_055_312_000,
        time="093512",
        date="0618",
        mti="0200",
        processing_code="010000",
        entry_mode="051",
        condition_code="00",
        configuration=1,
        trace=b"\x01\x02",
    )


def answer(code: str = "00") -> Answer:
    """Return what is kept of an issuer's answer."""
    return Answer("093512", "0618", "0619", "416900000001", "123456", code, "")


def plan(due_ms: int = 1_000, reason: str = "4021") -> ReversalPlan:
    """Return the identity of a 0420."""
    return ReversalPlan("000778", "0618093612", reason, due_ms, LATER_MS)


def opening(
    number: int,
    stan: int = 1,
    amount_fen: int = 50_000,
    *,
    day: int = DAY,
    incarnation: int = 1,
) -> Open:
    """Return an Open of a withdrawal under the cap of its day."""
    return Open(
        attempt=attempt(number, incarnation),
        key=key(stan),
        fingerprint=b"same",
        record=record(amount_fen, rrn=rrn(stan)),
        cap=CapCheck(day, LIMIT_FEN),
        incarnation=incarnation,
    )


def billing(number: int, stan: int = 1, fen: int = 50_000, *, incarnation: int = 1) -> Open:
    """Return an Open of a payment whose bill is a second leg."""
    bill = Bill("C1", "PAY", "social", "910000")
    return replace(opening(number, stan, fen, incarnation=incarnation), bill=bill)


def answering(
    number: int, stan: int = 1, state: BillState = BillState.CONFIRMED, told: str = "00"
) -> SettleBill:
    """Return what the host said of a bill; where it refuses to confirm, with a 0420."""
    refused = state is BillState.CANCELLING
    return SettleBill(attempt(number), key(stan), state, told, plan() if refused else None)


def rrn(stan: int = 1) -> str:
    """Return DE 37 of the transaction with this STAN."""
    return f"4169{stan:08d}"


def voiding(
    number: int, stan: int, of: int = 1, fen: int = 50_000, *, incarnation: int = 1
) -> Open:
    """Return an Open that takes of the transaction with another STAN."""
    return Open(
        attempt=attempt(number, incarnation),
        key=key(stan),
        fingerprint=b"same",
        record=record(fen, rrn=rrn(stan)),
        cap=None,
        incarnation=incarnation,
        taking=Taking(key(of), fen),
    )


def freeing(number: int, stan: int, of: int = 1, fen: int = 50_000) -> Open:
    """Return an Open of a void: it takes all, and frees what its original took."""
    return replace(voiding(number, stan, of, fen), taking=Taking(key(of), fen, frees=True))


def advising(
    number: int, stan: int, of: int = 1, fen: int = 20_000, *, incarnation: int = 1
) -> Open:
    """Return an Open of a refund: an advice that takes of the transaction with another STAN."""
    void = voiding(number, stan, of, fen, incarnation=incarnation)
    return replace(void, is_reversible=False, plan=plan(reason="0000"), answer=answer())


def moving(number: int, stan: int = 1, *, incarnation: int = 1) -> Open:
    """Return an Open of a transfer, which is queued at once and due much later."""
    made = replace(opening(number, stan, incarnation=incarnation), cap=None)
    legs = (key(stan + 100), key(stan + 200))
    return replace(made, plan=plan(due_ms=LATER_MS), linked=legs)


def launching(number: int, stan: int = 1, *, incarnation: int = 1) -> Launch:
    """Return a Launch of the transaction with this STAN, as the credit of a transfer."""
    return Launch(attempt(number, incarnation), key(stan), incarnation, plan(reason="0000"))


def closing(
    number: int, stan: int = 1, state: State = State.APPROVED, *, incarnation: int = 1
) -> Close:
    """Return a Close with this outcome."""
    return Close(
        attempt=attempt(number, incarnation),
        key=key(stan),
        incarnation=incarnation,
        state=state,
        reason=state.name.lower(),
        answer=answer() if state is State.APPROVED else None,
        plan=plan() if state is State.IN_DOUBT else None,
    )


def reversing(number: int, stan: int = 1, *, incarnation: int = 1) -> Reverse:
    """Return a Reverse for a terminal's 0400."""
    return Reverse(
        attempt=attempt(number, incarnation),
        key=key(stan),
        incarnation=incarnation,
        reason="reversal",
        plan=plan(reason="4000"),
        record=record(rrn=""),
    )


def acknowledging(number: int, stan: int = 1, state: State = State.REVERSED) -> Acknowledge:
    """Return the end of a reversal."""
    return Acknowledge(attempt(number), key(stan), state, "00")


def counting_refusals(number: int, counts: dict[str, int], incarnation: int = 1) -> CountRefusals:
    """Return the counts of a process by reason, of the day, point and bank of the others."""
    return CountRefusals(
        attempt(number, incarnation),
        tuple(
            (RefusalKey(DAY, incarnation, "999653080110001", "99910000", "61", reason), count)
            for reason, count in counts.items()
        ),
    )


def claiming(number: int, now_ms: int = 1_000, *, incarnation: int = 1, limit: int = 10) -> Claim:
    """Return a Claim with two waits of 100 and 500 ms."""
    return Claim(attempt(number, incarnation), incarnation, now_ms, (100, 500), limit)


def enlisting(nonce: bytes = b"nonce", until_ms: int = LATER_MS) -> Enlist:
    """Return the Enlist of a process that has no number yet."""
    return Enlist(1, nonce, 0, until_ms)


COUNTING = Counting(("rural-withdrawal",), ())
"""How the withdrawals here count."""


def settling(
    number: int, fen: int = 50_000, count: int = 1, *, batch: str = "000001", incarnation: int = 1
) -> SettleBatch:
    """Return a 0500 of the terminal that claims so many withdrawals."""
    asked = Batch(
        terminal="50010001",
        number=batch,
        merchant="999653080110001",
        acquirer="99900000",
        day=DAY,
        settled_ms=1_403_090_000_000,
        claimed=(Sums(fen, count), Sums()),
        counted=(Sums(), Sums()),
        results=(0, 0),
    )
    return SettleBatch(attempt(number, incarnation), asked, COUNTING)


def uploading(number: int, *stans: int, incarnation: int = 1) -> AddDetails:
    """Return a 0320 of the terminal with these details."""
    details = tuple(Detail("201", f"{stan:06d}", 50_000) for stan in stans)
    return AddDetails(attempt(number, incarnation), "50010001", "000001", details)


def ending(number: int, count: int, *, incarnation: int = 1) -> EndBatch:
    """Return the end of an upload."""
    return EndBatch(attempt(number, incarnation), "50010001", "000001", count)
