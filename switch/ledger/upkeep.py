"""Decisions beside the transactions (switch/ledger): sessions, numbers, leases, queue, totals.

Part of `decide`, and as pure: rows in, rows and an outcome out.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from switch.core.errors import InvariantBroken
from switch.core.operations import (
    ATTEMPT_BITS,
    Advice,
    Claim,
    CountRefusals,
    Enlist,
    Hasten,
    LeaseNumbers,
    LoadSession,
    NoteDownload,
    Renew,
    Row,
    Session,
    SignOff,
    SignOn,
    TakeOver,
    Totals,
    TransactionKey,
)
from switch.core.outcomes import (
    Claimed,
    Closed,
    Counted,
    Enlisted,
    Fenced,
    Missing,
    NumbersLeased,
    Outcome,
    Renewed,
    SessionIs,
    TakenOver,
    TotalsAre,
)
from switch.core.transaction import State
from switch.ledger.needs import INCARNATIONS
from switch.ledger.rows import EMPTY_DAY, FENCED, Block, Lease, Queued, raise_counts
from switch.ledger.working import Working

LAST_BATCH: Final = 999_999
"""Batch numbers (DE 60.2) are 1-999999."""


def _is_older(attempt: int, than: int) -> bool:
    """Whether an attempt of the same incarnation was overtaken by a later one."""
    return attempt < than and attempt >> ATTEMPT_BITS == than >> ATTEMPT_BITS


def sign_on(working: Working, operation: SignOn) -> Outcome:
    """Begin a session: an open batch is kept, otherwise the next number is given."""
    old = working.session(operation.terminal)
    if old is not None:
        if old.attempt == operation.attempt or _is_older(operation.attempt, old.attempt):
            return SessionIs(old)
        batch = old.batch if old.is_batch_open else old.batch % LAST_BATCH + 1
    else:
        batch = operation.batch % LAST_BATCH + 1
    session = Session(
        terminal=operation.terminal,
        batch=batch,
        is_batch_open=True,
        is_signed_on=True,
        sealed_keys=operation.sealed_keys,
        version=1 if old is None else old.version + 1,
        attempt=operation.attempt,
        downloads=() if old is None else old.downloads,
    )
    working.written.sessions[operation.terminal] = session
    return SessionIs(session)


def note_download(working: Working, operation: NoteDownload) -> Outcome:
    """Note which version of a download a terminal has; one that never signed on has no session."""
    old = working.session(operation.terminal)
    if old is None:
        return SessionIs(None)
    downloads = tuple(sorted({**dict(old.downloads), operation.name: operation.version}.items()))
    if downloads == old.downloads:
        return SessionIs(old)
    session = replace(old, downloads=downloads, version=old.version + 1)
    working.written.sessions[operation.terminal] = session
    return SessionIs(session)


def sign_off(working: Working, operation: SignOff) -> Outcome:
    """End a session; its batch stays open."""
    old = working.session(operation.terminal)
    if old is None or old.attempt == operation.attempt:
        return SessionIs(old)
    if not old.is_signed_on or _is_older(operation.attempt, old.attempt):
        return SessionIs(old)
    session = replace(old, is_signed_on=False, version=old.version + 1, attempt=operation.attempt)
    working.written.sessions[operation.terminal] = session
    return SessionIs(session)


def load_session(working: Working, operation: LoadSession) -> Outcome:
    """Read a session."""
    return SessionIs(working.session(operation.terminal))


def lease_numbers(working: Working, operation: LeaseNumbers) -> Outcome:
    """Lease numbers; an attempt that is not the last of its name burns what it had before."""
    attempt, count = operation.attempt, operation.count
    if count < 1:
        raise InvariantBroken("a block of no numbers")
    block = working.block(operation.name)
    if block.attempt == attempt and block.free - block.first == count:
        return NumbersLeased(block.first, count)
    working.written.blocks[operation.name] = Block(block.free + count, attempt, block.free)
    return NumbersLeased(block.free, count)


def enlist(working: Working, operation: Enlist) -> Outcome:
    """Give a new incarnation its number; the nonce tells whether it has one."""
    for leases in (working.written.leases, working.stored.leases):
        for incarnation, lease in leases.items():
            if lease.nonce == operation.nonce:
                return Enlisted(incarnation)
    # The attempt does not tell two beginners apart: neither has an incarnation to number it with.
    incarnation = working.block(INCARNATIONS).free
    working.written.blocks[INCARNATIONS] = Block(incarnation + 1, 0, incarnation)
    working.written.leases[incarnation] = Lease(operation.nonce, operation.until_ms)
    return Enlisted(incarnation)


def renew(working: Working, operation: Renew) -> Outcome:
    """Make a lease longer, unless it was taken over."""
    lease = working.lease(operation.incarnation)
    if lease is None or lease.until_ms == FENCED:
        return Fenced()
    if operation.until_ms > lease.until_ms:
        working.written.leases[operation.incarnation] = Lease(lease.nonce, operation.until_ms)
    return Renewed()


def take_over(working: Working, operation: TakeOver) -> Outcome:
    """Fence the incarnations whose leases ended, and take over what they left open."""
    ours, now_ms = operation.incarnation, operation.now_ms
    for incarnation, lease in {**working.stored.leases, **working.written.leases}.items():
        if incarnation != ours and FENCED != lease.until_ms < now_ms:
            working.written.leases[incarnation] = Lease(lease.nonce, FENCED)
    found = []
    for key in dict.fromkeys((*working.stored.intents, *working.written.transactions)):
        row = working.row(key)
        if row is not None and row.state is State.FORWARDED and _is_left(working, row, operation):
            found.append(row)
    found.sort(key=_attempt_of)
    taken = [replace(row, incarnation=ours) for row in found[: operation.limit]]
    for row in taken:
        working.written.transactions[row.key] = row
    return TakenOver(tuple(taken))


def _attempt_of(row: Row) -> int:
    return row.attempt


def _is_left(working: Working, row: Row, operation: TakeOver) -> bool:
    """Whether an open row is nobody's, or was taken over by us already and has no outcome yet."""
    if row.incarnation == operation.incarnation:
        return row.attempt >> ATTEMPT_BITS != row.incarnation
    return working.is_lapsed(row.incarnation, operation.now_ms)


def claim(working: Working, operation: Claim) -> Outcome:
    """Hand out what is due; each try sets the time of the next."""
    ours, now_ms = operation.incarnation, operation.now_ms

    def is_claimable(owner: int) -> bool:
        return owner == ours or working.is_lapsed(owner, now_ms)

    changed = working.written.advices
    stored = working.stored.due(now_ms, operation.limit + len(changed), is_claimable)
    due = []
    for key in dict.fromkeys((*stored, *changed)):
        queued = working.queued(key)
        if queued is not None and queued.due_ms <= now_ms and is_claimable(queued.owner):
            due.append((queued.due_ms, key, queued))
    due.sort(key=_time_and_key)
    advices = []
    for _, key, queued in due[: operation.limit]:
        row = working.row(key)
        if row is None:
            raise InvariantBroken("a queued message has no row")
        tries = queued.tries + 1
        wait_ms = operation.retry_ms[min(queued.tries, len(operation.retry_ms) - 1)]
        again = Queued(tries, now_ms + wait_ms, ours)
        working.written.advices[key] = again
        advices.append(Advice(row=row, tries=tries, due_ms=again.due_ms, owner=ours))
    return Claimed(tuple(advices))


def _time_and_key(entry: tuple[int, TransactionKey, Queued]) -> tuple[int, TransactionKey]:
    return entry[0], entry[1]


def hasten(working: Working, operation: Hasten) -> Outcome:
    """Make a queued advice due; how often it was tried does not change."""
    row, queued = working.row(operation.key), working.queued(operation.key)
    if row is None or queued is None:
        return Missing()
    if operation.due_ms < queued.due_ms:
        sooner = replace(queued, due_ms=operation.due_ms)
        working.written.advices[operation.key] = sooner
    return Closed(row)


def count_refusals(working: Working, operation: CountRefusals) -> Outcome:
    """Keep how many requests were refused; nothing is decided by it."""
    raise_counts(working.written.refusals, dict(operation.counts))
    return Counted()


def totals(working: Working, operation: Totals) -> Outcome:
    """Add what the batch changed so far to the totals of what is stored."""
    stored, written = working.stored, working.written
    if stored.totals is None:
        raise InvariantBroken(f"no totals were read for attempt {operation.attempt}")
    by_state = dict(stored.totals.by_state)
    for key, row in written.transactions.items():
        _count(by_state, row, 1)
        if (old := stored.transactions.get(key)) is not None:
            _count(by_state, old, -1)
    held, committed = stored.totals.held_fen, stored.totals.committed_fen
    for cap, day in written.caps.items():
        before = stored.caps.get(cap, EMPTY_DAY)
        held += day.held_fen - before.held_fen
        committed += day.committed_fen - before.committed_fen
    queued = stored.totals.queued
    for key, advice in written.advices.items():
        queued += (advice is not None) - (key in stored.advices)
    by_state = {state: sums for state, sums in sorted(by_state.items()) if sums[0]}
    return TotalsAre(by_state, held, committed, queued)


def _count(by_state: dict[int, tuple[int, int]], row: Row, sign: int) -> None:
    count, total = by_state.get(row.state, (0, 0))
    by_state[int(row.state)] = (count + sign, total + sign * row.record.amount_fen)
