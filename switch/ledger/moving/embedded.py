"""A whole embedded ledger, read and written (switch/ledger/moving), with its settlement.

It is read after its tables were brought up to its log, so that no switch may have it open. It is
written beside its place, and moved there when it is complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Final

import apsw
import msgspec

from switch.core.batches.values import Batch
from switch.core.operations import RefusalKey, Row, Session, TransactionKey
from switch.ledger.embedded.tables import Filling, Tables, encode
from switch.ledger.moving.records import (
    BatchKept,
    CaseKept,
    ChangeKept,
    ClearingKept,
    Day,
    Fence,
    Incarnation,
    MarkKept,
    Numbers,
    Record,
    RefusalsKept,
    SessionKept,
    Settled,
    Transaction,
)
from switch.ledger.moving.settled import read_settled, write_settled
from switch.ledger.protocol import LedgerOpenError
from switch.ledger.registry.embedded import append
from switch.ledger.registry.protocol import Entry, OvertakenError
from switch.ledger.registry.reading import read_entries
from switch.ledger.rows import Block, CapDay, CapKey, Queued, WriteSet
from switch.ledger.settling.embedded import beside as settlement_beside
from switch.ledger.sqlite import SqliteLedger

FILES: Final = ("", ".log-a", ".log-b")
"""What an embedded ledger consists of, after its path."""
_TRACES: Final = ("-wal", "-shm")
"""What SQLite itself puts beside its file, and takes away when the last that writes closes it."""
_IMPORTING: Final = ".importing"
_AT_ONCE: Final = 10_000

_row: Final = msgspec.msgpack.Decoder(Row).decode
_session: Final = msgspec.msgpack.Decoder(Session).decode
_batch: Final = msgspec.msgpack.Decoder(Batch).decode
_TRANSACTIONS: Final = """
    SELECT body, tries, due_ms, owner FROM transactions LEFT JOIN advices USING (number)
    ORDER BY number"""

REFUSALS: Final = """
    SELECT day, incarnation, merchant, issuer, code, reason, count FROM refusals"""


def read_embedded(path: Path) -> Iterator[Record]:
    """Yield everything in a ledger, transactions in order. LedgerOpenError: missing, or in use."""
    if not path.exists():
        raise LedgerOpenError(f"{path} is not there")
    SqliteLedger(path, fill_every_s=None).close()
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as tables:
        for body, tries, due_ms, owner in tables.execute(_TRANSACTIONS):
            yield Transaction(_row(body), None if due_ms is None else Queued(tries, due_ms, owner))
        for bucket, card, day, held, committed in tables.execute(
            "SELECT bucket, card, day, held_fen, committed_fen FROM caps"
        ):
            yield Day(CapKey(bucket, card, day), CapDay(held, committed))
        for (body,) in tables.execute("SELECT body FROM sessions"):
            yield SessionKept(_session(body))
        for name, free, attempt, first in tables.execute(
            "SELECT name, free, attempt, first FROM blocks"
        ):
            yield Numbers(name, Block(free, attempt, first))
        for number, nonce in tables.execute("SELECT incarnation, nonce FROM leases"):
            yield Incarnation(number, nonce)
        for attempt, said_by in tables.execute("SELECT attempt, said_by FROM fences"):
            yield Fence(attempt, said_by)
        for (body,) in tables.execute("SELECT body FROM batches"):
            yield BatchKept(_batch(body))
        for *key, count in tables.execute(REFUSALS):
            yield RefusalsKept(RefusalKey(*key), count)
    yield from map(ChangeKept, read_entries(path))
    yield from read_settled(_settlement(path))


def write_embedded(path: Path, records: Iterable[Record]) -> None:
    """Make a ledger of all this at `path`, where none may be. LedgerOpenError."""
    if path.exists():
        raise LedgerOpenError(f"{path} is there already: only an empty place can be written to")
    if (there := settlement_beside(path)).exists():
        raise LedgerOpenError(f"{there} is there already: it belongs to another ledger")
    path.parent.mkdir(parents=True, exist_ok=True)
    made = beside(path)
    settlement = _settlement(made)
    for place in (made, settlement):
        # What an import left behind that was ended in the middle must not be taken for ours.
        for ending in (*FILES, *_TRACES):
            place.with_name(place.name + ending).unlink(missing_ok=True)
    SqliteLedger(made, fill_every_s=None).close()
    with closing(Tables(made)) as tables:
        _fill(tables, iter(records), made)


def put_in_place(path: Path) -> None:
    """Move what `write_embedded` made to where it belongs."""
    made = beside(path)
    if (settlement := _settlement(made)).exists():
        settlement.rename(settlement_beside(path))
    for ending in reversed(FILES):
        made.with_name(made.name + ending).rename(path.with_name(path.name + ending))
    for place in (made, settlement):
        # Whoever only reads cannot take these away; nothing is in them once all is written.
        for ending in _TRACES:
            place.with_name(place.name + ending).unlink(missing_ok=True)


def beside(path: Path) -> Path:
    """Return where `write_embedded` makes a ledger before it is put in place."""
    return path.with_name(path.name + _IMPORTING)


def _settlement(path: Path) -> Path:
    """Return where the settlement of a ledger is, also of one that is being made."""
    place = settlement_beside(path)
    return beside(place) if path.name.endswith(_IMPORTING) else place


def _fill(tables: Tables, records: Iterator[Record], path: Path) -> None:
    through, number = tables.filled_through, 1
    while some := list(islice(records, _AT_ONCE)):
        write_settled(_settlement(path), settled_of(some))
        _register(path, changes_of(some))
        written, bodies = WriteSet(), dict[int, bytes]()
        numbers: dict[TransactionKey, int] = {}
        for record in some:
            if isinstance(record, Transaction):
                bodies[number], numbers[record.row.key] = encode(record.row), number
                number += 1
            put(written, record)
        filling = Filling()
        filling.add(bodies, written, numbers)
        tables.write(filling, through)


def _register(path: Path, changes: Sequence[Entry]) -> None:
    """Add changes of the registry, in their order. LedgerOpenError."""
    if not changes:
        return
    try:
        with closing(apsw.Connection(str(path))) as file:
            append(file, changes)
    except (OvertakenError, apsw.Error) as error:
        raise LedgerOpenError(f"the registry cannot be written: {error}") from error


def changes_of(records: Iterable[Record]) -> list[Entry]:
    """Return the changes of the registry among these."""
    return [each.entry for each in records if isinstance(each, ChangeKept)]


def settled_of(records: Iterable[Record]) -> list[Settled]:
    """Return those that belong to settlement, which a ledger's own tables do not hold."""
    return [each for each in records if isinstance(each, Settled)]


def put(written: WriteSet, record: Record) -> None:  # noqa: C901 - a table of the records
    """Add a record to what is to be written; see `settled_of` for the others."""
    match record:
        case Transaction(row, queued):
            written.transactions[row.key] = row
            if queued is not None:
                written.advices[row.key] = queued
        case Day(key, day):
            written.caps[key] = day
        case SessionKept(session):
            written.sessions[session.terminal] = session
        case Numbers(name, block):
            written.blocks[name] = block
        case Incarnation(number, _):
            written.leases[number] = record.lease
        case Fence(attempt, said_by):
            written.fences[attempt] = said_by
        case BatchKept(batch):
            written.batches[batch.key] = batch
        case RefusalsKept(key, count):
            written.refusals[key] = count
        case ClearingKept() | MarkKept() | CaseKept() | ChangeKept():
            pass
