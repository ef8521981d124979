"""What a batch needs, read and locked in PostgreSQL (switch/ledger/shared).

Rows are locked in one order everywhere: leases, blocks, sessions, batches, transactions, days of
cards, and by key within each. What is not there cannot be locked: whoever inserts it first wins,
and the other decides again (see store.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

import msgspec

from switch.core.batches.values import Batch, SettleBatch
from switch.core.operations import (
    Claim,
    Enlist,
    Operation,
    Resolve,
    Row,
    Session,
    TakeOver,
    Totals,
)
from switch.core.operations import TransactionKey as Key
from switch.core.outcomes import TotalsAre
from switch.ledger.needs import (
    BatchKey,
    BlockKey,
    Due,
    Intents,
    Leases,
    Need,
    RrnKey,
    SessionKey,
    Sums,
    needs,
    original_of,
)
from switch.ledger.rows import Block, CapDay, CapKey, Lease, Queued, ReadSet

_ROWS: Final = """
    WITH rows AS (
        SELECT t.bucket, t.card, t.cap_day, t.body, t.tries, t.due_ms, t.owner
        FROM unnest($1::text::smallint[], $2::bytea[], $3::bytea[])
            AS wanted (bucket, card, request)
        JOIN transactions AS t USING (bucket, card, request)
        ORDER BY t.bucket, t.card, t.request FOR NO KEY UPDATE OF t
    ), days AS (
        SELECT c.bucket, c.card, c.day, c.held_fen, c.committed_fen
        FROM (
            SELECT bucket, card, cap_day FROM rows WHERE cap_day IS NOT NULL
            UNION SELECT * FROM unnest(
                $4::text::smallint[], $5::bytea[], $6::text::integer[]
            )
        ) AS wanted (bucket, card, day)
        JOIN caps AS c USING (bucket, card, day)
        ORDER BY c.bucket, c.card, c.day FOR NO KEY UPDATE OF c
    )
    SELECT body, tries::bigint, due_ms, owner, NULL::smallint FROM rows
    UNION ALL SELECT card, day, held_fen, committed_fen, bucket FROM days
    UNION ALL
    SELECT NULL, attempt, said_by, NULL, NULL FROM fences WHERE attempt = ANY($7::text::bigint[])
"""
"""The transactions with these keys, the days of theirs and of $4-$6, and the fences of $7.

The union of the days has to be complete before the first of them is locked, so no day is locked
before the last transaction is.
"""
_TO_LOOK: Final = """
    SELECT incarnation, nonce, until_ms FROM leases WHERE until_ms <> -1 OR nonce = ANY($1::bytea[])
    ORDER BY incarnation FOR SHARE"""
_TO_WRITE: Final = _TO_LOOK.replace("FOR SHARE", "FOR NO KEY UPDATE")
_BLOCKS: Final = """
    SELECT name, free, attempt, first FROM blocks WHERE name = ANY($1::text[])
    ORDER BY name FOR NO KEY UPDATE"""
_SESSIONS: Final = """
    SELECT body FROM sessions WHERE terminal = ANY($1::text[])
    ORDER BY terminal FOR NO KEY UPDATE"""
_BATCHES: Final = """
    SELECT b.body FROM unnest($1::text[], $2::text[]) AS wanted (terminal, number)
    JOIN batches AS b USING (terminal, number)
    ORDER BY terminal, number FOR NO KEY UPDATE OF b"""
_IN_BATCH: Final = "SELECT body FROM transactions WHERE request >= $1 AND request < $2"
_BY_RRN: Final = "SELECT body FROM transactions WHERE rrn = ANY($1::text[])"
_INTENTS: Final = """
    SELECT body FROM transactions AS t
    WHERE state = 3 AND CASE WHEN incarnation = $1 THEN attempt >> 40 <> $1
        ELSE NOT EXISTS (
            SELECT FROM leases AS l WHERE l.incarnation = t.incarnation AND l.until_ms >= $2
        ) END
    ORDER BY attempt LIMIT $3"""
_DUE: Final = """
    SELECT body FROM transactions
    WHERE due_ms <= $2 AND (owner = $1 OR NOT EXISTS (
        SELECT FROM leases AS l WHERE l.incarnation = owner AND l.until_ms >= $2
    ))
    ORDER BY due_ms, bucket, card, request LIMIT $3"""
_STATES: Final = "SELECT state, count(*), sum(amount_fen)::bigint FROM transactions GROUP BY state"
_REST: Final = """
    SELECT coalesce(sum(held_fen), 0)::bigint, coalesce(sum(committed_fen), 0)::bigint,
        (SELECT count(*) FROM transactions WHERE due_ms IS NOT NULL)
    FROM caps"""
# An insert waits for another of the same key that has not committed yet, which a look does not.
_PROBE: Final = """
    INSERT INTO transactions
    SELECT *, '', '', 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, ''
    FROM unnest($1::text::smallint[], $2::bytea[], $3::bytea[])
    ON CONFLICT DO NOTHING RETURNING 1"""
_END_PROBE: Final = """
    DELETE FROM transactions AS t
    USING unnest($1::text::smallint[], $2::bytea[], $3::bytea[]) AS made (bucket, card, request)
    WHERE (t.bucket, t.card, t.request) = (made.bucket, made.card, made.request)"""

_row: Final = msgspec.msgpack.Decoder(Row).decode
_session: Final = msgspec.msgpack.Decoder(Session).decode
_encode: Final = msgspec.msgpack.Encoder().encode

_batch: Final = msgspec.msgpack.Decoder(Batch).decode

_SEARCHING: Final = frozenset({TakeOver, Claim, Totals, SettleBatch})


class Fetch(Protocol):
    """Runs a statement inside the transaction of a batch."""

    async def __call__(self, sql: str, *arguments: object) -> Sequence[Any]:
        """Return the records, which unpack into their columns."""


class OvertakenError(Exception):
    """Another process inserted a row that was not there: the batch must be decided again."""


def request_of(key: Key) -> bytes:
    """Return the third column of a transaction's key."""
    return _encode((key.terminal, key.merchant, key.batch, key.stan, key.date))


def batch_prefix(terminal: str, merchant: str, number: str) -> bytes:
    """Return what `request_of` begins with for all transactions of a batch."""
    return _encode((terminal, merchant, number, "", ""))[:-2]


def numbers(values: Iterable[object]) -> str:
    """Return numbers, or NULL, as the text of an array: the driver encodes it in one go."""
    return f"{{{','.join(map(str, values))}}}"


def key_columns(keys: Sequence[Key]) -> tuple[str, list[bytes], list[bytes]]:
    """Return transaction keys as the three arrays that statements take."""
    return (
        numbers([key.bucket for key in keys]),
        [key.card for key in keys],
        [request_of(key) for key in keys],
    )


def as_text(text: str) -> str:
    """Return a text as PostgreSQL can hold it: it has no NUL."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


class Wanted:
    """The needs of a batch by kind; a key is there once, in the order of its first use."""

    __slots__ = (
        "batches", "blocks", "caps", "keys", "leases", "nonces", "rrns", "searches", "sessions",
        "unsure",
    )  # fmt: skip

    def __init__(self, batch: Sequence[Operation]) -> None:
        """Collect what `needs` says."""
        self.keys: dict[Key, None] = {}
        self.caps: dict[CapKey, None] = {}
        self.unsure: dict[Key, None] = {}
        """Transactions of which an attempt may still be on its way."""
        self.rrns: dict[str, None] = {}
        self.blocks: dict[str, None] = {}
        self.sessions: dict[str, None] = {}
        self.batches: dict[BatchKey, None] = {}
        self.leases = ""
        """How leases are locked, empty where they are not needed."""
        self.nonces: list[bytes] = []
        self.searches: list[Intents | Due | Sums] = []
        keys, caps = self.keys, self.caps
        for operation in batch:
            for need in needs(operation):
                if type(need) is Key:
                    keys[need] = None
                elif type(need) is CapKey:
                    caps[need] = None
                else:
                    self._add_rare(operation, need)
            if type(operation) is Resolve:
                self.unsure[operation.key] = None

    @property
    def is_rare(self) -> bool:
        """Whether anything besides transactions and days of cards is needed."""
        return bool(
            self.leases
            or self.blocks
            or self.sessions
            or self.searches
            or self.rrns
            or self.batches
        )

    def _add_rare(self, operation: Operation, need: Need) -> None:
        match need:
            case SessionKey(terminal):
                self.sessions[terminal] = None
            case RrnKey(rrn):
                self.rrns[as_text(rrn)] = None
            case BatchKey():
                self.batches[need] = None
            case BlockKey(name):
                self.blocks[name] = None
            case Leases():
                # A claim only looks whether an owner is alive; everyone else may write.
                if type(operation) is not Claim:
                    self.leases = _TO_WRITE
                self.leases = self.leases or _TO_LOOK
                if type(operation) is Enlist:
                    self.nonces.append(operation.nonce)
            case Intents() | Due() | Sums():
                self.searches.append(need)


def segments(batch: Sequence[Operation]) -> list[Sequence[Operation]]:
    """Cut a batch so that whatever searches or sums is decided alone, over what is stored then."""
    if not any(type(operation) in _SEARCHING for operation in batch):
        return [batch]
    found: list[Sequence[Operation]] = []
    start = 0
    for number, operation in enumerate(batch):
        if type(operation) in _SEARCHING:
            found += [batch[start:number], batch[number : number + 1]]
            start = number + 1
    found.append(batch[start:])
    return [segment for segment in found if segment]


async def read(fetch: Fetch, batch: Sequence[Operation]) -> ReadSet:
    """Return what a batch needs, locked. Raises OvertakenError: begin again."""
    wanted, stored = Wanted(batch), ReadSet()
    if wanted.is_rare:
        await _read_rare(fetch, wanted, stored)
    attempts = [operation.attempt for operation in batch]
    await _lock(fetch, (list(wanted.keys), list(wanted.caps), attempts), stored)
    while originals := _originals(stored):
        # Seldom, and so in a second look; of a voided completion in a third.
        await _lock(fetch, (originals, [], []), stored)
    if wanted.unsure:
        # In order: two that insert the same keys otherwise would wait for each other.
        absent = sorted(key for key in wanted.unsure if key not in stored.transactions)
        await _make_sure(fetch, absent)
    return stored


def _originals(stored: ReadSet) -> list[Key]:
    """Return what the rows take of, where that was not read yet."""
    rows = stored.transactions
    found = {original_of(row) for row in rows.values() if row.taking is not None}
    return sorted(key for key in found if key is not None and key not in rows)


async def _lock(
    fetch: Fetch, wanted: tuple[list[Key], list[CapKey], list[int]], stored: ReadSet
) -> None:
    """Read and lock transactions and days of cards, and read the fences of attempts."""
    keys, caps, attempts = wanted
    found = await fetch(
        _ROWS,
        *key_columns(keys),
        numbers([cap.bucket for cap in caps]),
        [cap.card for cap in caps],
        numbers([cap.day for cap in caps]),
        numbers(attempts),
    )
    for value, first, second, third, bucket in found:
        if bucket is not None:
            stored.caps[CapKey(bucket, value, first)] = CapDay(second, third)
        elif value is None:
            stored.fences[first] = second
        else:
            row = _row(value)
            stored.put(row.key, row)
            if second is not None:
                stored.queue(row.key, Queued(first, second, third))


async def _read_rare(fetch: Fetch, wanted: Wanted, stored: ReadSet) -> None:
    if wanted.leases:
        for incarnation, nonce, until_ms in await fetch(wanted.leases, wanted.nonces):
            stored.leases[incarnation] = Lease(nonce, until_ms)
    if wanted.blocks:
        for name, free, attempt, first in await fetch(_BLOCKS, list(wanted.blocks)):
            stored.blocks[name] = Block(free, attempt, first)
    if wanted.sessions:
        terminals = [as_text(terminal) for terminal in wanted.sessions]
        for (body,) in await fetch(_SESSIONS, terminals):
            session = _session(body)
            stored.sessions[session.terminal] = session
    if wanted.batches:
        await _read_batches(fetch, wanted, stored)
    await _search(fetch, wanted, stored)


async def _read_batches(fetch: Fetch, wanted: Wanted, stored: ReadSet) -> None:
    """Read and lock terminals' batches, and add the keys of their transactions where needed."""
    terminals = [as_text(need.terminal) for need in wanted.batches]
    for (body,) in await fetch(_BATCHES, terminals, [need.number for need in wanted.batches]):
        batch = _batch(body)
        stored.batches[batch.key] = batch
    for need in wanted.batches:
        if need.merchant:
            first = batch_prefix(need.terminal, need.merchant, need.number)
            for (body,) in await fetch(_IN_BATCH, first, first + b"\xff"):
                wanted.keys[_row(body).key] = None


async def _search(fetch: Fetch, wanted: Wanted, stored: ReadSet) -> None:
    """Add the keys of what was asked for otherwise.

    It is found without a lock: each is locked, in order and with the others, and looked at again.
    """
    for (body,) in await fetch(_BY_RRN, list(wanted.rrns)) if wanted.rrns else ():
        wanted.keys[_row(body).key] = None
    for search in wanted.searches:
        if isinstance(search, Sums):
            stored.totals = await totals(fetch)
            continue
        sql = _INTENTS if isinstance(search, Intents) else _DUE
        for (body,) in await fetch(sql, search.incarnation, search.now_ms, search.limit):
            wanted.keys[_row(body).key] = None


async def _make_sure(fetch: Fetch, absent: Sequence[Key]) -> None:
    """Wait until nobody is about to insert these transactions; OvertakenError where one did."""
    if not absent:
        return
    columns = key_columns(absent)
    if len(await fetch(_PROBE, *columns)) != len(absent):
        raise OvertakenError
    await fetch(_END_PROBE, *columns)


async def totals(fetch: Fetch) -> TotalsAre:
    """Return the sums over everything, added up from the rows."""
    by_state = {state: (count, fen) for state, count, fen in await fetch(_STATES)}
    ((held_fen, committed_fen, queued),) = await fetch(_REST)
    return TotalsAre(dict(sorted(by_state.items())), held_fen, committed_fen, queued)
